// Receives the frames of data channels ahead of Python, to which each costs ten times as much: counts them against the
// budget of their kind, hands over in slices what is within it, and drops the rest unread.

// A channel that carries binary data has one kind of frame. Its bytes stay here: Python is handed the ArrayBuffer, and
// what it has not released yet counts as waiting.
const BINARY = "binary";
const TEXT = "text";

// How long Python reads frames at a time. In between, the page answers the person and the browser.
const SLICE_MS = 16;
// Frames handed over together, between two looks at the clock: so few that a slice does not become much longer.
const BATCH = 8;
// At most how many frames that have been handed over are held before they are let go of together.
const MOST_HANDED_OVER = 512;
// Every peer writes the type first, and ours without spaces. What begins in any other way has a small budget.
const TYPE = /^\{\s?"type"\s?:\s?"([a-z]{1,16})"/;
const UNKNOWN = "other";

// The intakes with frames that wait, in turns: who sends most does not keep the others waiting.
const waiting = [];
// Timers of a hidden page are slowed down to one a second; a message to oneself is not.
const turns = new MessageChannel();
turns.port1.onmessage = takeTurn;
let isTurnDue = false;

function askForTurn() {
  if (isTurnDue) return;
  isTurnDue = true;
  turns.port2.postMessage(null);
}

function takeTurn() {
  isTurnDue = false;
  const end = performance.now() + SLICE_MS;
  while (waiting.length > 0 && performance.now() < end) {
    const intake = waiting.shift();
    if (intake.handOver()) waiting.push(intake);
  }
  if (waiting.length > 0) askForTurn();
}

// How much of one kind may come: an amount at once, and again as time goes by, or (where there is no rate) as Python
// takes up what has come.
class Allowance {
  constructor([frames, characters, perSecond]) {
    this.frames = this.mostFrames = frames;
    this.characters = this.mostCharacters = characters;
    this.perSecond = perSecond;
    this.renewed = performance.now();
  }

  spend(length) {
    if (this.perSecond > 0) this.renew();
    this.frames -= 1;
    this.characters -= length;
    return this.frames >= 0 && this.characters >= 0;
  }

  renew() {
    const now = performance.now();
    const share = ((now - this.renewed) / 1000) * (this.perSecond / this.mostFrames);
    this.frames = Math.min(this.mostFrames, this.frames + share * this.mostFrames);
    this.characters = Math.min(this.mostCharacters, this.characters + share * this.mostCharacters);
    this.renewed = now;
  }

  giveBack(length) {
    if (this.perSecond > 0) return;
    this.frames += 1;
    this.characters += length;
  }
}

export class Intake {
  // `budgets` are [frames, characters, frames per second or 0] by kind, or by kinds that count together, with a space
  // between; `received` is called with some frames at once.
  // `overrun` is told the kind of the first frame that is over its budget: that frame and all after it are dropped,
  // and so the channel is of no use any more. `closed` is called when all that came before has been handed over.
  constructor(channel, budgets, mostLength, { received, overrun, closed }, isBinary = false) {
    this.channel = channel;
    this.isBinary = isBinary;
    channel.binaryType = "arraybuffer"; // Firefox began with Blobs, whose bytes would have to be awaited
    this.allowances = new Map();
    for (const [kinds, budget] of Object.entries(budgets)) {
      const allowance = new Allowance(budget);
      for (const kind of kinds.split(" ")) this.allowances.set(kind, allowance);
    }
    this.mostLength = mostLength;
    this.received = received;
    this.overrun = overrun;
    this.closed = closed;
    this.frames = [];
    this.next = 0; // of the frames; those before it have been handed over
    this.isWaiting = false;
    this.hasEnded = false;
    channel.addEventListener("message", this);
    channel.addEventListener("close", this);
  }

  handleEvent(event) {
    if (event.type === "close") this.end();
    else this.receive(event.data);
  }

  // Hears and tells nothing more.
  stop() {
    this.channel.removeEventListener("message", this);
    this.channel.removeEventListener("close", this);
    this.frames = [];
    this.next = 0;
    this.hasEnded = false;
    this.received = this.overrun = this.closed = null;
  }

  receive(data) {
    const frame = this.isBinary ? this.binaryFrame(data) : this.textFrame(data);
    if (!frame.allowance?.spend(frame.length)) {
      const { overrun } = this;
      this.stop();
      overrun(frame.kind);
      return;
    }
    this.frames.push(frame);
    if (this.isWaiting) return;
    this.isWaiting = true;
    if (isTurnDue) {
      waiting.push(this);
      return;
    }
    // Nothing has come for a while, so it need not wait. What comes after it does, for a turn: after all that the
    // browser has received already.
    if (this.handOver()) waiting.push(this);
    askForTurn();
  }

  textFrame(data) {
    // A binary frame is none of the protocol's: the empty text in its place is refused. So is what is too long, by its
    // beginning.
    const content = typeof data === "string" ? data.slice(0, this.mostLength + 1) : "";
    const kind = this.kindOf(content);
    return { kind, content, length: content.length, allowance: this.allowances.get(kind) };
  }

  // There is nobody to refuse text, nor what is too long: neither has an allowance.
  binaryFrame(data) {
    if (!(data instanceof ArrayBuffer)) return { kind: TEXT };
    const length = data.byteLength;
    const allowance = length > this.mostLength ? null : this.allowances.get(BINARY);
    return { kind: BINARY, content: data, length, allowance };
  }

  // Python has done with binary data that it was handed.
  release(length) {
    this.allowances.get(BINARY).giveBack(length);
  }

  kindOf(text) {
    const type = text.length > this.mostLength ? UNKNOWN : TYPE.exec(text)?.[1];
    return this.allowances.has(type) ? type : UNKNOWN;
  }

  end() {
    this.hasEnded = true;
    if (!this.isWaiting) this.finish();
  }

  finish() {
    const { closed } = this;
    this.stop();
    closed();
  }

  // Hands over some frames; tells whether others wait still.
  handOver() {
    const batch = this.frames.slice(this.next, this.next + BATCH);
    this.next += batch.length;
    const contents = batch.map(({ content }) => content);
    for (const frame of batch) {
      frame.content = null; // with the frame, bytes would stay that Python has released
      if (!this.isBinary) frame.allowance.giveBack(frame.length);
    }
    if (this.next === this.frames.length || this.next >= MOST_HANDED_OVER) {
      this.frames.splice(0, this.next);
      this.next = 0;
    }
    if (batch.length > 0) this.received(...contents);
    this.isWaiting = this.frames.length > 0;
    if (!this.isWaiting && this.hasEnded) this.finish();
    return this.isWaiting;
  }
}
