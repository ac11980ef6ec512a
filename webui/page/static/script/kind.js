/* kind.js: what is checked elsewhere, by the command that does it; nothing here says that it is right. Beside proof.js. */
(() => {
  'use strict';
  window.Batong.elsewhere = text => {
    if (text.startsWith('%PDF-')) return 'is_pdf';
    if (/^log \S+/m.test(text) && /^quorum \S+/m.test(text)) return 'is_keys';
    if (/"v":\s*"batong-opening\/1"/.test(text.slice(-200))) return 'is_opening';
    return text[0] === '{' && ['action', 'actor', 'outcome', 'changes'].every(name => text.includes(`"${name}":`)) && !text.includes('"salt":') ? 'is_body' : '';
  };
})();
