/* Adds and removes rows without asking the server; without a script the same buttons send the form. */
const status = document.querySelector("[data-rows-status]");

const renumber = (section) => {
  const prefix = section.dataset.rows;
  const place = new RegExp(`(\\b(?:id_)?${prefix})-(\\d+|__prefix__)(?=-|$)`, "g");
  const rows = section.querySelectorAll("[data-row]");
  rows.forEach((row, index) => {
    for (const element of row.querySelectorAll("*")) {
      for (const attribute of element.attributes) {
        const value = attribute.value.replace(/\S+/g, (word) => word.replace(place, `$1-${index}`));
        if (value !== attribute.value) attribute.value = value;
      }
    }
    for (const number of row.querySelectorAll("[data-row-number]")) number.textContent = index + 1;
  });
  section.querySelector(`[name="${prefix}-TOTAL_FORMS"]`).value = rows.length;
};

const changed = (section, text) => {
  renumber(section);
  if (status) status.textContent = text;
  section.closest("form").dispatchEvent(new Event("change"));
};

const add = (section) => {
  const template = section.querySelector("[data-row-template]");
  if (section.querySelectorAll("[data-row]").length >= Number(section.querySelector("[name$=-MAX_NUM_FORMS]").value)) return;
  template.before(template.content.cloneNode(true));
  changed(section, section.dataset.added);
  const rows = section.querySelectorAll("[data-row]");
  rows[rows.length - 1].querySelector("input:not([type=hidden]), select, textarea").focus();
};

const remove = (section, row) => {
  const rows = [...section.querySelectorAll("[data-row]")];
  const next = rows[rows.indexOf(row) + 1] ?? section.querySelector("[data-add-row]");
  row.remove();
  changed(section, section.dataset.removed);
  next.focus();
};

for (const section of document.querySelectorAll("[data-rows]")) {
  section.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button?.matches("[data-add-row], [data-remove-row]")) return;
    event.preventDefault();
    if (button.matches("[data-add-row]")) add(section);
    else remove(section, button.closest("[data-row]"));
  });
}
