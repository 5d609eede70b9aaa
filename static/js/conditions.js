/* Which items are asked: the same rules as surveys/conditions.py, read from the fields of a form. An item is
   an element with data-item and data-kind; data-when holds its condition. */
window.conditionsOf = function (form) {
  "use strict";
  var MISSING = { na: 1, dont_know: 1, refused: 1 };
  var DAY = /^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?$/;
  var NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
  var items = Array.prototype.slice.call(form.querySelectorAll("[data-item]"));
  var byKey = {};
  var conditional = items.filter(function (item) {
    byKey["$" + item.getAttribute("data-item")] = item;
    return item.hasAttribute("data-when");
  });

  function fields(item, name) {
    return Array.prototype.filter.call(item.querySelectorAll("input, textarea"), function (field) {
      return field.name === name;
    });
  }

  function written(item, name) {
    var field = fields(item, name)[0];
    var text = field ? field.value : "";
    return (text.normalize ? text.normalize("NFKC") : text).trim();
  }

  function ordinal(text) { // as Python counts days
    var part = DAY.exec(text);
    if (!part) { return NaN; }
    var at = new Date(Date.UTC(+part[1], part[2] - 1, +part[3]));
    return at.getUTCDate() === +part[3] ? at.getTime() / 86400000 + 719163 : NaN;
  }

  function chosen(item, key) {
    var codes = [];
    fields(item, key).forEach(function (field) { if (field.checked) { codes.push(field.value); } });
    var other = fields(item, key + "-other")[0];
    if (other && !other.disabled && written(item, key + "-other")) {
      var code = other.getAttribute("data-chooses").slice(key.length + 1);
      if (codes.indexOf(code) < 0 && (!codes.length || item.getAttribute("data-kind") === "multiple")) {
        codes.push(code);
      }
    }
    return codes;
  }

  function isMissing(item, key) {
    return fields(item, key + "-missing").some(function (field) { return field.checked; });
  }

  function said(key) { // null, or what an item says to a comparison
    var item = byKey["$" + key];
    if (!item || item.hidden || isMissing(item, key)) { return null; }
    var kind = item.getAttribute("data-kind");
    if (kind === "text") {
      return written(item, key) || item.hasAttribute("data-kept") ? { codes: [], value: null } : null;
    }
    if (kind === "number" || kind === "date") {
      var text = written(item, key);
      var value = kind === "date" ? ordinal(text) : NUMBER.test(text) ? Number(text) : NaN;
      return isFinite(value) ? { codes: [], value: value } : null;
    }
    var codes = chosen(item, key);
    if (!codes.length || MISSING[codes[0]]) { return null; }
    codes = codes.map(Number);
    return { codes: codes, value: kind === "multiple" ? null : codes[0] };
  }

  function holds(part) {
    var given = said(part[0]), operator = part[1], value = part[2];
    if (operator === "answered") { return given !== null; }
    if (operator === "unanswered") { return given === null; }
    if (given === null) { return false; }
    if (operator === "has") { return given.codes.indexOf(value) >= 0; }
    if (operator === "has_not") { return given.codes.indexOf(value) < 0; }
    if (given.value === null) { return false; }
    switch (operator) {
    case "<=": return given.value <= value;
    case "<": return given.value < value;
    case ">=": return given.value >= value;
    case ">": return given.value > value;
    case "=": return given.value === value;
    default: return given.value !== value;
    }
  }

  return {
    conditional: conditional,
    fields: fields,
    isAsked: function (item) {
      var when = JSON.parse(item.getAttribute("data-when"));
      return when.any ? when.of.some(holds) : when.of.every(holds);
    }
  };
};
