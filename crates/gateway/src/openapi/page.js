'use strict';

const DOCUMENT = 'openapi.json';
// where the gallery keeps it, if that is of the same origin: until the tab is closed, or for this browser
const KEPT = 'image-import.token';

const form = document.getElementById('ask');
const field = document.getElementById('token');

function keptToken() {
  try {
    return sessionStorage.getItem(KEPT) ?? localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function keep(token) {
  try {
    sessionStorage.setItem(KEPT, token);
  } catch {
    // a browser that keeps nothing asks again next time
  }
}

const headersWith = (token) => (token === null ? {} : { Authorization: `Bearer ${token}` });

function tell(trouble) {
  document.getElementById('trouble').textContent = trouble;
}

/** Shows the document, or asks for the token that it needs. */
async function open(token, isNew = false) {
  tell('');
  try {
    new Headers(headersWith(token));
  } catch {
    // a quotation mark of a word processor, for example
    form.hidden = false;
    tell('This token is not accepted.');
    return;
  }
  let answer;
  try {
    answer = await fetch(DOCUMENT, { method: 'HEAD', headers: headersWith(token) });
  } catch {
    tell('The API cannot be reached. Check your connection, and reload this page.');
    return;
  }
  if (answer.ok) {
    // one with a slip would hide the gallery's own
    if (isNew) keep(token);
    form.hidden = true;
    show(token);
  } else if (answer.status === 401) {
    form.hidden = false;
    field.focus();
    if (token !== null) tell('This token is not accepted.');
  } else {
    const pause = answer.headers.get('Retry-After');
    tell(`The API answers with ${answer.status}. Reload this page ${pause === null ? 'in a moment' : `in ${pause} s`}.`);
  }
}

function show(token) {
  const ui = SwaggerUIBundle({
    url: DOCUMENT,
    dom_id: '#api',
    deepLinking: true,
    // it would be another host's
    validatorUrl: null,
    displayRequestDuration: true,
    requestInterceptor: (request) => {
      if (request.loadSpec) Object.assign(request.headers, headersWith(token));
      return request;
    },
    // what is tried out sends it too
    onComplete: () => token !== null && ui.preauthorizeApiKey('token', token),
  });
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const token = field.value.trim();
  open(token, true);
});
open(keptToken());
