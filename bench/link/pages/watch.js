// Put into every page that is measured, ours and the others': notes when something happens, and how long it stands.
(() => {
  const clock = () => performance.timeOrigin + performance.now();
  const watch = { clock, entered: [], shown: {}, entering: 0, connected: 0, longTasks: [], gaps: [], frames: [] };
  window.watch = watch;

  window.addEventListener("click", (event) => {
    if (event.target.closest?.('[data-testid="join-room"]')) watch.entering = clock();
  }, true);
  window.addEventListener("keydown", (event) => {
    if (event.key === "Enter") watch.entered.push(clock());
  }, true);

  const incoming = '[data-testid="message"][data-direction="incoming"]';
  const look = (node) => {
    if (node.nodeType !== Node.ELEMENT_NODE || !node.matches(incoming)) return;
    const text = node.querySelector('[data-testid="message-text"]').textContent;
    watch.shown[text] ??= clock();
    awaited.get(text)?.(watch.shown[text]);
  };
  const awaited = new Map();
  watch.until = (text) => new Promise((resolve) => {
    if (text in watch.shown) resolve(watch.shown[text]);
    else awaited.set(text, resolve);
  });
  new MutationObserver((records) => {
    for (const record of records) {
      if (record.type === "childList") record.addedNodes.forEach(look);
      else if (record.target.dataset.state === "connected") watch.connected = clock();
    }
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-state"] });

  // How far this clock is from Date's, whose ticks are the same in every page.
  watch.offset = () => {
    let start = Date.now();
    while (Date.now() === start);
    return clock() - Date.now();
  };

  if (PerformanceObserver.supportedEntryTypes.includes("longtask")) {
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) watch.longTasks.push([entry.startTime, entry.duration]);
    }).observe({ entryTypes: ["longtask"] });
  }

  // Ticks and frames: the longest pause between two of them is how long the page stood.
  watch.begin = () => {
    const run = watch.run = {};
    watch.gaps = [];
    watch.frames = [];
    watch.longTasks = [];
    let last = performance.now();
    const tick = () => {
      const now = performance.now();
      watch.gaps.push(now - last);
      last = now;
      if (watch.run === run) setTimeout(tick, 4);
    };
    tick();
    let lastFrame = performance.now();
    const frame = (now) => {
      watch.frames.push(now - lastFrame);
      lastFrame = now;
      if (watch.run === run) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  };
  watch.end = () => {
    watch.run = null;
    const sorted = watch.frames.slice(1).sort((one, other) => one - other);
    return {
      gap: Math.max(0, ...watch.gaps.slice(1)),
      frame: sorted.at(-1) ?? 0,
      p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
      frames: sorted.length,
      task: watch.longTasks.length ? Math.max(...watch.longTasks.map(([, duration]) => duration)) : 0,
    };
  };

  // Writes as somebody would whose keys never rest: into the composer, and Enter; what is refused is written again.
  watch.write = async (count, name) => {
    const box = document.querySelector('[data-testid="composer"]');
    const rest = new MessageChannel();
    const pause = (ms) => new Promise((resolve) => {
      if (ms) setTimeout(resolve, ms);
      else { rest.port1.onmessage = resolve; rest.port2.postMessage(0); }
    });
    const begun = clock();
    let written = 0;
    let refusals = 0;
    const type = (text) => {
      box.value = text;
      box.dispatchEvent(new Event("input", { bubbles: true }));
    };
    while (written < count) {
      const until = performance.now() + 4;
      let isRefused = false;
      while (written < count && !isRefused && performance.now() < until) {
        type(`${name} ${written + 1} of ${count}`);
        box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
        isRefused = box.value !== "";
        if (isRefused) type("");
        else written += 1;
      }
      refusals += isRefused;
      await pause(isRefused ? 20 : 0);
    }
    rest.port1.close();
    return { begun, refusals };
  };
})();
