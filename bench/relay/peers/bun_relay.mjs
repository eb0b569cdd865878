// The same bare relay on Bun's own WebSockets.
const rooms = new Map();

Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.env.PORT),
  fetch(request, server) {
    const id = new URL(request.url).searchParams.get("id");
    if (server.upgrade(request, { data: { id, room: null, name: null } })) return undefined;
    return new Response("a WebSocket is expected", { status: 426 });
  },
  websocket: {
    perMessageDeflate: false,
    maxPayloadLength: 131072,
    message(socket, text) {
      const message = JSON.parse(text);
      const member = socket.data;
      if (message.type === "join") {
        member.name = message.room;
        member.room = rooms.get(member.name) ?? new Map();
        rooms.set(member.name, member.room);
        for (const other of member.room.values()) other.send(JSON.stringify({ type: "peer_joined", peer: member.id }));
        member.room.set(member.id, socket);
        socket.send(JSON.stringify({ type: "joined", room: member.name, peers: [...member.room.keys()] }));
      } else if (message.type === "signal") {
        const { to, ...rest } = message;
        member.room?.get(to)?.send(JSON.stringify({ ...rest, from: member.id }));
      }
    },
    close(socket) {
      const { id, room, name } = socket.data;
      room?.delete(id);
      if (room?.size === 0) rooms.delete(name);
    },
  },
});
