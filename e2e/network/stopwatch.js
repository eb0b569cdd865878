// Runs in the page before anything else does: types messages without end, and notes when what happens. All times are
// milliseconds since 1970, by the clock that the tests have too.
(() => {
    const KEPT = "stopwatch";
    const stopwatch = {
        sent: {},
        delivered: {},
        readyAt: null,
        events: [],

        forget() {
            Object.assign(this, { sent: {}, delivered: {}, events: [] });
        },

        // Types and sends a message every so often; after a reload too, with another prefix, as soon as Python is ready.
        begin(prefix, everyMs) {
            sessionStorage.setItem(KEPT, JSON.stringify([`${prefix}, reloaded`, everyMs]));
            this.end();
            let count = 0;
            const next = () => say(`${prefix} ${++count}`);
            next();
            this.timer = setInterval(next, everyMs);
        },

        end() {
            clearInterval(this.timer);
        },

        // What is not known to be delivered. Acknowledgements are cumulative, so what was sent before a message that is
        // delivered is delivered too: it may be off the page by then, but where it is on it, it has to say so.
        undelivered() {
            const texts = Object.keys(this.sent);
            const last = texts.findLastIndex((text) => text in this.delivered);
            const shown = [...document.querySelectorAll(UNDELIVERED)].map(textOf);
            return [...new Set([...shown, ...texts.slice(last + 1)])];
        },

        // Seconds from a time until the first message that was sent after it was delivered; null before that.
        recovery(sinceMs) {
            const times = Object.entries(this.sent)
                .filter(([text, sentMs]) => sentMs >= sinceMs && text in this.delivered)
                .map(([text]) => this.delivered[text]);
            return times.length ? (Math.min(...times) - sinceMs) / 1000 : null;
        },
    };
    window.stopwatch = stopwatch;

    function say(text) {
        const box = document.querySelector('[data-testid="composer"]');
        if (!box) return;
        box.value = text;
        box.dispatchEvent(new Event("input", { bubbles: true }));
        stopwatch.sent[text] = Date.now();
        box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
    }

    function note(what) {
        stopwatch.events.push([Date.now(), what]);
    }

    let line = "";

    const UNDELIVERED = '[data-testid="message"]:is([data-delivery="queued"], [data-delivery="sent"])';
    const DELIVERED = '[data-testid="message"]:is([data-delivery="delivered"], [data-delivery="read"])';

    function textOf(message) {
        return message.querySelector('[data-testid="message-text"]').textContent;
    }

    function count(message) {
        stopwatch.delivered[textOf(message)] ??= Date.now();
    }

    // Looks at what has changed and at nothing else: a page with a thousand messages would be slow by being watched.
    function look(changes) {
        for (const { target, addedNodes } of changes) {
            if (target.nodeType === Node.ELEMENT_NODE && target.matches(DELIVERED)) count(target);
            for (const node of addedNodes) {
                if (node.nodeType !== Node.ELEMENT_NODE) continue;
                if (node.matches(DELIVERED)) count(node);
                node.querySelectorAll(DELIVERED).forEach(count);
            }
        }
        const status = document.querySelector('[data-testid="status"]');
        const detail = document.querySelector('[data-testid="status-detail"]');
        const now = `${status?.dataset.state}: ${detail?.textContent}`;
        if (status && now !== line) note(`status ${(line = now)}`);
        if (stopwatch.readyAt === null && document.documentElement?.dataset.app === "ready") {
            stopwatch.readyAt = Date.now();
            const kept = sessionStorage.getItem(KEPT);
            if (kept !== null) stopwatch.begin(...JSON.parse(kept));
        }
    }

    new MutationObserver(look).observe(document, {
        subtree: true,
        childList: true,
        characterData: true,
        attributeFilter: ["data-app", "data-delivery", "data-state"],
    });

    // What the browser tells the page

    for (const event of ["online", "offline", "pageshow", "pagehide"]) addEventListener(event, () => note(event));
    navigator.connection?.addEventListener("change", () => note("navigator.connection changed"));

    const STATES = ["connectionState", "iceConnectionState", "iceGatheringState", "signalingState"];
    let connections = 0;

    window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...configuration) {
            super(...configuration);
            this.label = `RTCPeerConnection ${++connections}`;
            note(`${this.label} made`);
            for (const state of STATES) {
                const told = () => note(`${this.label} ${state} ${this[state]}`);
                this.addEventListener(`${state.toLowerCase()}change`, told);
            }
        }

        restartIce() {
            note(`${this.label} restartIce()`);
            super.restartIce();
        }

        close() {
            note(`${this.label} close()`);
            super.close();
        }

        createDataChannel(...options) {
            const channel = super.createDataChannel(...options);
            for (const event of ["open", "closing", "close", "error"]) {
                channel.addEventListener(event, () => note(`${this.label} channel ${event}`));
            }
            return channel;
        }
    };

    let sockets = 0;

    window.WebSocket = class extends WebSocket {
        constructor(...options) {
            super(...options);
            const label = `WebSocket ${++sockets}`;
            note(`${label} made`);
            this.addEventListener("open", () => note(`${label} open`));
            this.addEventListener("close", ({ code }) => note(`${label} closed ${code}`));
        }
    };
})();
