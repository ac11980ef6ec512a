/* screen.js: the big screen of a hall: nobody touches it, so it gets itself again every three seconds; what differs takes its place.
   XMLHttpRequest parses it into a document in which nothing runs; no string is turned into markup here. */
(() => {
  'use strict';
  const { $, $$, swap } = window.Page, AGAIN = 3000;
  const look = () => {
    const request = new XMLHttpRequest();
    request.addEventListener('loadend', () => {
      if (request.status === 200 && request.response) for (const part of $$('[data-part]')) {
        const next = $(`[data-part="${part.dataset.part}"]`, request.response);
        if (next && !part.isEqualNode(next)) swap(part, next);
      }
      setTimeout(look, AGAIN);
    });
    request.open('GET', location.href);
    request.responseType = 'document';
    request.send();
  };
  setTimeout(look, AGAIN);
})();
