// Beside each password field a button that shows what was typed; without JavaScript there is none.
const { show, hide } = document.currentScript.dataset;

for (const input of document.querySelectorAll('input[type="password"]')) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--secondary";
  button.textContent = show;
  button.setAttribute("aria-controls", input.id);
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.textContent = shown ? show : hide;
  });
  const row = document.createElement("div");
  row.className = "password";
  input.replaceWith(row);
  row.append(input, button);
  // Browsers keep and offer only what was sent as a password.
  input.form.addEventListener("submit", () => { input.type = "password"; });
}
