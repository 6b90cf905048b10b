/** A form with a file in it. How much of it was sent is told, which fetch() cannot. */
function upload(method, path, fields, signal, progress) {
  return new Promise((done, failed) => {
    const by = token, request = new XMLHttpRequest(), form = new FormData();
    for (const [name, value] of Object.entries(fields)) if (value) form.append(name, value);
    request.open(method, path);
    request.responseType = 'json';
    for (const [name, value] of Object.entries(authorized({accept: 'application/json'}))) request.setRequestHeader(name, value);
    request.upload.onprogress = ({loaded, total}) => progress(loaded, total);
    request.onload = () => {
      if (request.status < 300) return done(request.response ?? {});
      if (request.status === 401 && by === token) lock(refusedToken);
      failed(Refusal.from(request.response ?? {}, request.status));
    };
    request.onerror = () => failed(Refusal.from({detail: 'It broke off: the host cannot be reached, or the file cannot be read.'}));
    request.onabort = () => failed(new DOMException('', 'AbortError'));
    signal.onabort = () => request.abort();
    request.send(form);
  });
}
