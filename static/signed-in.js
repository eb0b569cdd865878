// Runs before anything is painted: who is signed in already sees no form that goes away again.

try {
  if (localStorage.getItem("p2pchat.login") !== null) document.documentElement.dataset.signedIn = "";
} catch {
  // The browser forbids storage to this page; nobody is signed in then.
}
