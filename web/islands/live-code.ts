// A scanned live code on an officer's device: the digits go along to the desk's form without leaving the browser.
const digits = /^#(\d{39})$/.exec(window.location.hash)?.[1];
if (digits !== undefined) {
  sessionStorage.setItem('live-code', digits);
  history.replaceState(null, '', window.location.pathname);
}
