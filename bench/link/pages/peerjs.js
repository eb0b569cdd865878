// PeerJS as its documentation uses it, over its own server; ordered and reliable, as a chat has to be.

await import("/packages/peerjs/dist/peerjs.min.js");

export function connect(room, { seat, signaling, alone, opened, received }) {
  const { hostname, port } = new URL(signaling);
  const options = { host: hostname, port: Number(port), path: "/", config: { iceServers: [] } };
  const peer = new window.Peer(`${room}-${seat}`, options);
  const take = (connection) => {
    connection.on("open", () => opened((text) => connection.send(text)));
    connection.on("data", received);
  };
  peer.on("open", () => {
    if (seat) take(peer.connect(`${room}-0`, { reliable: true }));
    else alone();
  });
  peer.on("connection", take);
}
