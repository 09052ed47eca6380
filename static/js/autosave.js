/* Keeps what is typed every 20 seconds, on leaving a field and on leaving the page; the form itself stays unsaved. */
const INTERVAL = 20_000;
const KEEPALIVE_LIMIT = 60_000; // bytes; browsers refuse more while a page goes away

for (const form of document.querySelectorAll("form[data-autosave]")) {
  const status = form.querySelector("[data-autosave-status]");
  const content = () => new URLSearchParams(new FormData(form)).toString();
  let kept = content();
  let isSubmitted = false;

  // What went well is said quietly; what did not interrupts, and stays in sight however long the form is.
  const say = (text, isAlarm = false) => {
    if (!status || status.textContent === text) return;
    status.classList.toggle("autosave-alarm", isAlarm);
    if (isAlarm) status.setAttribute("role", "alert");
    else status.removeAttribute("role");
    status.textContent = text;
  };

  const keep = async (isLeaving = false) => {
    const now = content();
    if (isSubmitted || now === kept) return;
    const before = kept;
    kept = now;
    try {
      const answer = await fetch(form.dataset.autosave, {
        method: "POST",
        body: now,
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        credentials: "same-origin",
        keepalive: isLeaving && now.length < KEEPALIVE_LIMIT,
      });
      if (!answer.ok) kept = before;
      const time = new Date().toLocaleTimeString("de-DE", { hour: "2-digit", minute: "2-digit" });
      if (answer.ok) say(`${status.dataset.saved} ${time}`);
      else say(answer.status === 401 ? status.dataset.ended : status.dataset.failed, true);
    } catch {
      kept = before;
      if (!isLeaving) say(status.dataset.failed, true);
    }
  };

  setInterval(keep, INTERVAL);
  form.addEventListener("change", () => keep());
  form.addEventListener("submit", () => {
    isSubmitted = true;
  });
  addEventListener("pagehide", () => keep(true));
  addEventListener("pageshow", () => {
    isSubmitted = false;
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keep(true);
  });
}
