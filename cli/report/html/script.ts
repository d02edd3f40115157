/** What the page does beyond showing: theme, filters, the tree's search. Everything is readable without it. */

/** In the head, before anything is painted: the theme that was chosen last. Storage may be forbidden. */
export const headScript = `document.documentElement.classList.add("js");try{var t=localStorage.getItem("theme");if(t==="dark"||t==="light")document.documentElement.dataset.theme=t}catch(e){}`;

export const script = `(function () {
  "use strict";
  var root = document.documentElement;
  var byId = function (id) { return document.getElementById(id); };
  var toArray = function (list) { return Array.prototype.slice.call(list); };

  var theme = byId("theme");
  var system = window.matchMedia("(prefers-color-scheme: dark)");
  var isDark = function () { return root.dataset.theme ? root.dataset.theme === "dark" : system.matches; };
  var name = function () {
    theme.textContent = isDark() ? "Light" : "Dark";
    theme.setAttribute("aria-label", "Switch to the " + (isDark() ? "light" : "dark") + " theme");
  };
  theme.hidden = false;
  name();
  system.addEventListener("change", name);
  theme.addEventListener("click", function () {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch (e) { /* the choice lasts as long as the page */ }
    name();
  });

  var form = byId("filters");
  if (form) {
    var findings = toArray(byId("findings").children);
    var count = byId("finding-count");
    var apply = function () {
      var text = form.elements.text.value.trim().toLowerCase();
      var shown = 0;
      findings.forEach(function (one) {
        var fits = ["status", "level", "severity", "pack"].every(function (key) {
          var wanted = form.elements[key].value;
          return wanted === "" || one.dataset[key] === wanted;
        }) && (text === "" || one.textContent.toLowerCase().indexOf(text) !== -1);
        one.hidden = !fits;
        if (fits) shown += 1;
      });
      count.textContent = shown + " of " + findings.length + " findings shown";
    };
    form.hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("submit", function (event) { event.preventDefault(); });
    apply();
  }

  var tree = byId("tree");
  var tools = byId("tree-tools");
  if (tree && tools) {
    var leaves = toArray(tree.querySelectorAll(".leaf"));
    var folds = toArray(tree.querySelectorAll("details"));
    var filter = byId("tree-filter");
    var found = byId("tree-count");
    var wasOpen = null;
    tools.hidden = false;
    byId("tree-open").addEventListener("click", function () { folds.forEach(function (one) { one.open = true; }); });
    byId("tree-close").addEventListener("click", function () { folds.forEach(function (one) { one.open = false; }); });
    filter.addEventListener("input", function () {
      var text = filter.value.trim().toLowerCase();
      if (text !== "" && wasOpen === null) wasOpen = folds.map(function (one) { return one.open; });
      leaves.forEach(function (leaf) { leaf.hidden = text !== "" && leaf.textContent.toLowerCase().indexOf(text) === -1; });
      folds.slice().reverse().forEach(function (one) {
        var own = one.querySelector("summary").textContent.toLowerCase().indexOf(text) !== -1;
        var inside = one.querySelector(".leaf:not([hidden]), details:not([hidden])") !== null;
        one.hidden = text !== "" && !own && !inside;
        if (text !== "") one.open = inside;
      });
      if (text === "" && wasOpen !== null) {
        folds.forEach(function (one, index) { one.open = wasOpen[index]; });
        wasOpen = null;
      }
      found.textContent = text === "" ? "" : leaves.filter(function (leaf) { return !leaf.hidden; }).length + " of " + leaves.length + " resources shown";
    });
  }

  window.addEventListener("beforeprint", function () {
    toArray(document.querySelectorAll("details")).forEach(function (one) {
      one.dataset.printed = one.open ? "open" : "closed";
      if (!one.closest(".tree")) one.open = true;
    });
  });
  window.addEventListener("afterprint", function () {
    toArray(document.querySelectorAll("details")).forEach(function (one) { one.open = one.dataset.printed === "open"; });
  });
})();`;
