// The least that is a chat: a room to join, a list, and a box that Enter sends from. `?with=` says over what.

const parameters = new URLSearchParams(location.search);
const { connect } = await import(`./${parameters.get("with")}.js`);

const find = (name) => document.querySelector(`[data-testid="${name}"]`);
const transcript = find("transcript");
const composer = find("composer");
let send = () => {};
let isFollowing = false;

// Once a frame: after every message it would lay out the whole list again, and twenty thousand would never end.
function followEnd() {
  if (isFollowing) return;
  isFollowing = true;
  requestAnimationFrame(() => {
    isFollowing = false;
    transcript.scrollTop = transcript.scrollHeight;
  });
}

function show(text, direction) {
  const item = document.createElement("li");
  const shown = document.createElement("span");
  item.dataset.testid = "message";
  item.dataset.direction = direction;
  shown.dataset.testid = "message-text";
  shown.textContent = text;
  item.append(shown);
  transcript.append(item);
  followEnd();
}

const surroundings = {
  seat: Number(parameters.get("seat")),
  signaling: parameters.get("signaling"),
  alone() {
    find("status").dataset.state = "waiting";
  },
  opened(sendText) {
    send = sendText;
    find("status").dataset.state = "connected";
  },
  received: (text) => show(text, "incoming"),
};

document.getElementById("lobby").addEventListener("submit", (event) => {
  event.preventDefault();
  connect(find("room-name").value, surroundings);
});
composer.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  const text = composer.value;
  composer.value = "";
  send(text);
  show(text, "outgoing");
});
document.documentElement.dataset.app = "ready";
