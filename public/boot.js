// Starts what a page needs: the program on pages that have one, the service
// worker everywhere. It is the only script beside the program, and it knows
// nothing of rooms or people.

const root = document.documentElement;
const UPDATE_CHECK_MS = 60 * 60 * 1000;

// What only script can hold for the program: the browser's offer to install,
// and a newer service worker that waits. The program hears of both by events.
let offer = null;
let waiting = null;
let reloading = false;
const tell = (name) => dispatchEvent(new Event(name));

globalThis.whilst = {
  installable: () => offer !== null,
  updated: () => waiting !== null,
  install() {
    const held = offer;
    offer = null; // An offer works once.
    tell("whilst-install");
    held?.prompt();
  },
  // Asks the waiting worker to take over; the page reloads when it has.
  reload() {
    if (!waiting) return location.reload();
    reloading = true;
    waiting.postMessage("SKIP_WAITING");
  },
};

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offer = event;
  tell("whilst-install");
});
addEventListener("appinstalled", () => {
  offer = null;
  tell("whilst-install");
});

// A link to be copied, on pages that are forms.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-copy]");
  const source = button && document.getElementById(button.dataset.copy);
  if (!source) return;
  navigator.clipboard?.writeText(source.href);
});

async function work() {
  const worker = navigator.serviceWorker;
  if (!worker) return;
  const registration = await worker.register("/sw.js", { updateViaCache: "none" });
  if (!registration) return; // Somebody forbids workers without saying so.
  const found = (candidate) => {
    // Without a controller this is the first worker ever: nothing is outdated.
    if (!candidate || !worker.controller) return;
    waiting = candidate;
    tell("whilst-update");
  };
  found(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const fresh = registration.installing;
    fresh?.addEventListener("statechange", () => fresh.state === "installed" && found(fresh));
  });
  // Only the tab that asked reloads: another one may hold words half written.
  worker.addEventListener("controllerchange", () => reloading && location.reload());
  let checked = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || Date.now() - checked < UPDATE_CHECK_MS) return;
    checked = Date.now();
    registration.update().catch(() => {}); // Offline: asked again later.
  });
}

// The newest stand at the end, or the first unread; the program lands there too,
// but people read before it has come.
function land() {
  const log = document.querySelector(".log");
  if (!log) return;
  const mark = log.querySelector(".message--found") ?? log.querySelector(".divider");
  const context = mark?.matches(".message--found") ? 0.4 : 0.25;
  log.scrollTop = mark ? mark.offsetTop - log.clientHeight * context : log.scrollHeight;
}

async function start() {
  if (root.dataset.boot === "page") return; // In front of the house there is no program.
  const js = document.querySelector("link[rel=modulepreload]").href;
  const wasm = document.querySelector("link[rel=preload][as=fetch]").href;
  const program = await import(js);
  await program.default({ module_or_path: wasm });
  const begin = { program: "hydrate", beside: "hydrate_beside", shell: "mount_shell" };
  program[begin[root.dataset.boot]]();
}

try {
  land();
  await start();
  root.dataset.ready = "1";
} catch (error) {
  // The page still works by its forms.
  console.error("boot failed", error);
  root.dataset.ready = "failed";
}
work().catch((error) => console.warn("no service worker", error));
