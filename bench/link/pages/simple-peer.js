// simple-peer as its README uses it, over the same relay as the raw page.
import { join } from "./relay.js";

await import("/packages/simple-peer/simplepeer.min.js");

export function connect(room, { signaling, alone, opened, received }) {
  let peer;
  const create = (initiator) => {
    peer = new window.SimplePeer({ initiator, config: { iceServers: [] } });
    peer.on("signal", (signal) => say({ signal }));
    peer.on("connect", () => opened((text) => peer.send(text)));
    peer.on("data", (data) => received(new TextDecoder().decode(data)));
  };
  const say = join(room, signaling, {
    joined: (others) => { others ? create(true) : alone(); },
    heard: ({ signal }) => {
      if (!peer) create(false);
      peer.signal(signal);
    },
  });
}
