// A peer that floods: it speaks the two protocols by hand (docs/protocol.md, docs/peer.md), sends frames of
// one kind as fast as its browser takes them, and offers again as soon as it has lost its channel.
(() => {
  const HIGH_WATER = 1 << 20;
  const LONG = "xxxxxxxxx ".repeat(1_500);
  const PARTS = 17;
  const WINDOW = 262_144;
  const AGAIN_MS = 200; // it would be refused by the server for more signals
  const id = () => crypto.randomUUID();
  const frame = (type, fields = {}) => JSON.stringify({ type, ...fields });
  const message = (seq, name, part, parts, text) =>
    frame("message", { seq, id: name, sent_at: Date.now() / 1000, part, parts, text });

  // What each flood sends next; `peer` knows what it has sent before.
  const FLOODS = {
    ping: () => frame("ping"),
    pong: () => frame("pong"),
    typing: () => frame("typing"),
    acknowledgement: () => frame("ack", { received: 0 }),
    receipt: () => frame("read", { read: 0 }),
    duplicate: (peer) => (peer.said ??= message(peer.mark + 1, id(), 1, 1, "once")),
    message: (peer) => message(++peer.mark, id(), 1, 1, `Message ${peer.mark}`),
    // Messages of 256 KiB, in parts, whether they are acknowledged or not.
    long: (peer) => peer.nextPart(),
    // The same, as the rules have it.
    patient: (peer) => (peer.sentBytes - peer.acknowledgedBytes < 2 * WINDOW || peer.part > 0 ? peer.nextPart() : null),
    unfinished: (peer) => message(peer.mark + 1, (peer.name ??= id()), (peer.part = (peer.part % 98) + 1), 100, LONG),
    candidate: () => {
      const port = 1024 + Math.floor(Math.random() * 60_000);
      const address = Array.from({ length: 3 }, () => 1 + Math.floor(Math.random() * 254)).join(".");
      const candidate = `candidate:${port} 1 udp ${port} 10.${address} ${port} typ host`;
      return frame("signal", { candidate: { candidate, sdpMid: "0", sdpMLineIndex: 0 } });
    },
    description: (peer) => frame("signal", { description: peer.offer }),
    huge: () => "y".repeat(262_000),
    binary: () => new Uint8Array(1_000),
    unknown: () => frame("nonsense", { text: LONG }),
    garbage: () => LONG,
  };

  class FloodingPeer {
    constructor() {
      this.opened = []; // when, in milliseconds
      this.sent = 0;
      this.flood = null;
      this.candidates = [];
    }

    join(token, room, isEager = true) {
      this.isEager = isEager;
      this.socket = new WebSocket(`ws://${location.host}/ws`, ["p2p-chat.v1", `token.${token}`]);
      this.socket.onmessage = ({ data }) => this.hear(JSON.parse(data));
      this.socket.onopen = () => this.socket.send(frame("join", { room }));
    }

    hear(event) {
      if (event.type === "joined" && event.peers.length) this.connect(event.peers[0].peer_id, true);
      if (event.type !== "signal") return;
      const { description, candidate } = event;
      if (description?.type === "offer") {
        if (!this.connection || this.isGone() || this.fingerprint(description.sdp) !== this.theirs) this.connect(event.from, false);
        this.answer(description);
      } else if (description) {
        this.theirs = this.fingerprint(description.sdp);
        this.connection.setRemoteDescription(description).catch(() => {});
      } else if (candidate?.candidate) this.connection?.addIceCandidate(candidate).catch(() => {});
    }

    fingerprint(sdp) {
      return /a=fingerprint:(.*)/.exec(sdp)?.[1];
    }

    isGone() {
      return !this.channel || this.channel.readyState === "closed" || this.channel.readyState === "closing";
    }

    signal(content) {
      if (this.socket.readyState === 1) this.socket.send(frame("signal", { to: this.to, ...content }));
    }

    connect(to, isOffering) {
      this.connection?.close();
      this.to = to;
      const connection = this.connection = new RTCPeerConnection();
      const channel = this.channel = connection.createDataChannel("chat", { negotiated: true, id: 0 });
      connection.onicecandidate = ({ candidate }) => candidate?.candidate && this.signal({ candidate: candidate.toJSON() });
      channel.onopen = () => {
        this.opened.push(performance.now());
        this.isInStep = this.hasGreeted = false;
        channel.send(frame("hello", { version: 1, device: id() }));
      };
      channel.onmessage = ({ data }) => this.read(JSON.parse(data));
      channel.onclose = () => this.isEager && connection === this.connection && this.connect(to, true);
      if (isOffering) this.offerAgain(connection);
    }

    async offerAgain(connection) {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      if (connection !== this.connection) return;
      await connection.setLocalDescription();
      this.offer = connection.localDescription.toJSON();
      this.signal({ description: this.offer });
      setTimeout(() => {
        if (this.isEager && connection === this.connection && this.channel.readyState === "connecting") this.connect(this.to, true);
      }, 20 * AGAIN_MS);
    }

    async answer(description) {
      const { connection } = this;
      try {
        this.theirs = this.fingerprint(description.sdp);
        await connection.setRemoteDescription(description);
        await connection.setLocalDescription();
        this.offer = { type: "offer", sdp: connection.localDescription.sdp };
        this.signal({ description: connection.localDescription.toJSON() });
      } catch (error) {
        console.info(error);
      }
    }

    read(heard) {
      if (heard.type === "hello") this.channel.send(frame("resume", { received: 0, read: 0 }));
      if (heard.type === "resume") {
        Object.assign(this, { isInStep: true, mark: heard.received, part: 0, said: null, name: null });
        Object.assign(this, { first: heard.received, sentBytes: 0, acknowledgedBytes: 0 });
      }
      if (heard.type === "ack") this.acknowledgedBytes = (heard.received - this.first) * PARTS * LONG.length;
    }

    nextPart() {
      if (this.part === 0) Object.assign(this, { name: id(), mark: this.mark + 1 });
      this.part += 1;
      this.sentBytes += LONG.length;
      const text = message(this.mark, this.name, this.part, PARTS, LONG);
      if (this.part === PARTS) this.part = 0;
      return text;
    }

    // Says something as an honest peer would.
    say(text) {
      FLOODS.saying = (peer) => message(++peer.mark, id(), 1, 1, text);
      return this.pour("saying", 20, 1);
    }

    // Sends for a number of seconds, or of frames, in every channel that there is.
    async pour(kind, seconds, most = Infinity) {
      const end = performance.now() + seconds * 1000;
      const rest = new MessageChannel();
      const pause = () => new Promise((resolve) => {
        rest.port1.onmessage = resolve;
        rest.port2.postMessage(0);
      });
      const before = this.sent;
      while (performance.now() < end && this.sent - before < most) {
        const until = performance.now() + 10;
        while (this.canSend() && performance.now() < until && this.sent - before < most) {
          const next = FLOODS[kind](this);
          if (next === null) break;
          this.channel.send(next);
          this.sent += 1;
        }
        await pause();
      }
      rest.port1.close();
      return this.sent - before;
    }

    canSend() {
      return this.channel?.readyState === "open" && this.isInStep && this.channel.bufferedAmount < HIGH_WATER;
    }

    leave() {
      this.isEager = false;
      this.connection?.close();
      this.socket.close();
    }
  }
  window.flooding = new FloodingPeer();
})();
