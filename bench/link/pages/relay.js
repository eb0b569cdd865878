// A WebSocket to a relay that knows nothing: what one says, the others in the room hear.

export function join(room, signaling, { joined, heard }) {
  const socket = new WebSocket(`${signaling}/${room}`);
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(data);
    if ("others" in message) joined(message.others);
    else heard(message);
  });
  return (message) => socket.send(JSON.stringify(message));
}
