// Starts what a page needs: the program on pages that have one, the service
// worker everywhere. It is the only script beside the program, and it knows
// nothing of rooms or people.

const root = document.documentElement;
const UPDATE_CHECK_MS = 60 * 60 * 1000;
// A wheel or finger still moves a list for so long after it was last felt.
const STEERED_FOR_MS = 400;

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

// Whoever moves the log before the program has come is to be left where they are by it. It also
// moves by itself; then nobody has just touched it.
function watch() {
  const log = document.querySelector(".log");
  let felt = -STEERED_FOR_MS;
  for (const name of ["wheel", "touchmove", "pointerdown", "keydown"]) {
    log?.addEventListener(name, () => (felt = performance.now()), { passive: true });
  }
  log?.addEventListener("scroll", () => {
    if (performance.now() - felt < STEERED_FOR_MS) log.dataset.steered = "";
  });
}

// A card that was folded in this tab stays folded, also before the program has come to know of it. At
// home the card is the page.
function fold() {
  const card = document.querySelector(".app:not(.app--home) [data-episode]");
  try {
    if (card && sessionStorage.getItem("folded card") === card.dataset.episode) card.hidden = true;
  } catch {
    // Storage is forbidden: nothing was kept.
  }
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
  fold();
  watch();
  await start();
  root.dataset.ready = "1";
} catch (error) {
  // The page still works by its forms.
  console.error("boot failed", error);
  root.dataset.ready = "failed";
}
work().catch((error) => console.warn("no service worker", error));
