// RTCPeerConnection as it is: who comes later offers, candidates trickle.
import { join } from "./relay.js";

export function connect(room, { signaling, alone, opened, received }) {
  const connection = new RTCPeerConnection({ iceServers: [] });
  const channel = connection.createDataChannel("chat", { negotiated: true, id: 0 });
  channel.addEventListener("open", () => opened((text) => channel.send(text)));
  channel.addEventListener("message", ({ data }) => received(data));
  connection.addEventListener("icecandidate", ({ candidate }) => {
    if (candidate) say({ candidate });
  });

  async function describe() {
    await connection.setLocalDescription();
    say({ description: connection.localDescription });
  }

  let last = Promise.resolve();
  const inOrder = (step) => { last = last.then(step); };
  const say = join(room, signaling, {
    joined: (others) => { others ? inOrder(describe) : alone(); },
    heard: ({ description, candidate }) => inOrder(async () => {
      if (candidate) return connection.addIceCandidate(candidate);
      await connection.setRemoteDescription(description);
      if (description.type === "offer") await describe();
    }),
  });
}
