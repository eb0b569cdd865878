// Runs before anything is painted: who is signed in already sees no form that goes away again.

try {
  // On a static host, the key goes on with the server that the login is for.
  const isSignedIn = Object.keys(localStorage).some((key) => key.startsWith("p2pchat.login"));
  if (isSignedIn) document.documentElement.dataset.signedIn = "";
} catch {
  // The browser forbids storage to this page; nobody is signed in then.
}
