// Runs before anything is painted: who is signed in already, or comes by a link that asks for a name only, sees no form
// that goes away again, and the page has the theme and the size of text that were chosen.

try {
  // On a static host, the key goes on with the server that the login is for.
  const isSignedIn = Object.keys(localStorage).some((key) => key.startsWith("p2pchat.login"));
  // Where Python has started once, the link has left the address.
  const opened = Object.keys(sessionStorage).find((key) => key.startsWith("p2pchat.opened-link"));
  const link = location.hash || (opened && sessionStorage.getItem(opened)) || "";
  if (isSignedIn) document.documentElement.dataset.signedIn = "";
  else if (link.includes(".g")) document.documentElement.dataset.invited = "";
} catch {
  // The browser forbids storage to this page; nobody is signed in then.
}

try {
  const kept = Object.keys(localStorage).find((key) => key.startsWith("p2pchat.appearance"));
  const [theme, text] = kept === undefined ? [] : localStorage.getItem(kept).split(" ");
  if (["light", "dark"].includes(theme)) {
    document.documentElement.dataset.theme = theme;
    // What a browser paints around the page, and before it.
    document.getElementById("color-scheme").content = theme;
    document.getElementById("theme-light").media = theme === "light" ? "screen" : "print";
    document.getElementById("theme-dark").media = theme === "dark" ? "screen" : "print";
  }
  if (["small", "large", "larger"].includes(text)) document.documentElement.dataset.text = text;
} catch {
  // The same; the page has the looks of the system then.
}
