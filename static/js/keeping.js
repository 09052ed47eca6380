// The Merkliste in the browser's own storage. Without this script boxes and links carry it in the address alone.
const KEY = "merkliste";
const MOST = 50;

const read = () => {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "[]").filter(Number.isInteger).slice(0, MOST);
  } catch {
    return [];
  }
};
const write = (ids) => {
  if (ids.length) localStorage.setItem(KEY, JSON.stringify([...new Set(ids)].slice(0, MOST)));
  else localStorage.removeItem(KEY);
};
const add = (...ids) => write([...read(), ...ids]);
const remove = (id) => write(read().filter((other) => other !== id));
const all = (selector) => document.querySelectorAll(selector);
const address = (path) => `${path}?${read().map((id) => `id=${id}`).join("&")}`;

// A form whose boxes are kept projects: it also sends those that are not on this page.
const bindForm = (form) => {
  const boxes = [...form.elements].filter(({ type }) => type === "checkbox");
  const show = () => {
    const ids = read();
    for (const box of boxes) box.checked = ids.includes(Number(box.value));
    for (const old of form.querySelectorAll("[type=hidden]")) old.remove();
    for (const id of ids.filter((id) => !boxes.some(({ value }) => Number(value) === id))) {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "id", value: id }));
    }
    for (const count of form.querySelectorAll("[data-keep-count]")) count.textContent = ids.length ? ` (${ids.length})` : "";
  };
  for (const box of boxes) {
    box.addEventListener("change", () => {
      (box.checked ? add : remove)(Number(box.value));
      show();
    });
  }
  addEventListener("storage", show);
  addEventListener("pageshow", show);
};

// A link that keeps one project; once it is kept, the same link leads to the list.
const bindLink = (link) => {
  const id = Number(link.dataset.keep);
  const show = () => {
    if (!read().includes(id)) return;
    link.textContent = `${link.dataset.kept} (${read().length})`;
    link.href = address(link.pathname);
  };
  link.addEventListener("click", (event) => {
    if (read().includes(id)) return;
    event.preventDefault();
    add(id);
    show();
  });
  show();
};

const bindList = (list) => {
  const here = list.dataset.keptIds.split(" ").filter(Boolean).map(Number);
  if (!location.search && read().length) location.replace(address(location.pathname));
  for (const link of all("[data-drop]")) link.addEventListener("click", () => remove(Number(link.dataset.drop)));
  for (const link of all("[data-drop-all]")) link.addEventListener("click", () => write([]));
  for (const button of all("[data-keep-all]")) {
    button.hidden = here.every((id) => read().includes(id));
    button.addEventListener("click", () => {
      add(...here);
      button.parentElement.textContent = button.dataset.kept;
    });
  }
};

try {
  localStorage.getItem(KEY); // throws where the browser keeps nothing; then everything works as without this script
  all("form[data-keep-form]").forEach(bindForm);
  all("a[data-keep]").forEach(bindLink);
  all("[data-kept-ids]").forEach(bindList);
} catch {
  /* nothing to do */
}
