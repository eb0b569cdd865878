// A bare relay on ws: rooms of members, and messages from one to another. Nothing is checked, bounded or limited.
import { WebSocketServer } from "ws";

const rooms = new Map();
const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.env.PORT), perMessageDeflate: false, maxPayload: 131072 });

server.on("connection", (socket, request) => {
  const id = new URL(request.url, "http://localhost").searchParams.get("id");
  let room = null;
  let name = null;
  socket.on("message", (data) => {
    const message = JSON.parse(data);
    if (message.type === "join") {
      name = message.room;
      room = rooms.get(name) ?? new Map();
      rooms.set(name, room);
      for (const other of room.values()) other.send(JSON.stringify({ type: "peer_joined", peer: id }));
      room.set(id, socket);
      socket.send(JSON.stringify({ type: "joined", room: name, peers: [...room.keys()] }));
    } else if (message.type === "signal") {
      const { to, ...rest } = message;
      room?.get(to)?.send(JSON.stringify({ ...rest, from: id }));
    }
  });
  socket.on("close", () => {
    room?.delete(id);
    if (room?.size === 0) rooms.delete(name);
  });
});
