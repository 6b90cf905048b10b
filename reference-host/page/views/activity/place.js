/** Where the list of lines stays: at its end, or at the line that somebody reads. It does so whatever makes the list
    higher or lower: lines that come and go, many at once, and a window that is turned. */
const place = {
  following: true, line: null, above: 0, last: 0,

  /** Somebody moved it. */
  take() {
    const list = $('lines'), lines = list.children, up = list.scrollTop < this.last;
    if (atEnd(list, 40)) this.following = true; else if (up || list.querySelector('.more')) this.following = false;
    this.last = list.scrollTop;
    if (this.following) return this.read();
    let first = 0, end = lines.length; // the first line that reaches into what is seen
    while (first < end) {
      const at = (first + end) >> 1;
      if (lines[at].offsetTop + lines[at].offsetHeight > this.last) end = at; else first = at + 1;
    }
    this.line = lines[first] ?? null;
    this.above = (this.line?.offsetTop ?? 0) - this.last;
  },
  hold() {
    const list = $('lines');
    if (this.following) list.scrollTop = list.scrollHeight;
    else if (this.line?.isConnected) list.scrollTop = this.line.offsetTop - this.above;
    this.last = list.scrollTop;
  },
  toEnd() {
    this.following = true;
    this.hold();
    this.read();
  },
  read() {
    unread = 0;
    show($('newer'), false);
  },
};
