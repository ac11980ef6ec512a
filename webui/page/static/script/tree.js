/* tree.js: C2SP tlog-tiles read from anywhere: the root over a stretch of leaves, one tree against another. */
(() => {
  'use strict';
  const B = window.Batong, W = 256;
  const node = (l, r) => B.sha256(B.join(Uint8Array.of(1), l, r));
  const parents = row => Promise.all(Array.from({ length: row.length >> 1 }, (_, i) => node(row[2 * i], row[2 * i + 1])));
  const path = (level, index, width) => {
    const told = String(index), groups = told.padStart(Math.ceil(told.length / 3) * 3, '0').match(/.../g), last = groups.pop();
    return `tile/${level}/${groups.map(x => `x${x}/`).join('')}${last}${width === W ? '' : `.p/${width}`}`;
  };

  /* `read` gives the bytes of a file of the log, or null; `size` is that of its checkpoint. */
  B.tree = (read, size) => {
    const kept = new Map();
    const file = async (level, index) => {
      const width = Math.min(W, Math.floor(size / (level === 'entries' ? 1 : W ** level)) - index * W);
      const data = await read(path(level, index, width)) || (width < W && await read(path(level, index, W)));
      if (!data) throw new Error(path(level, index, width));
      return [data, width];
    };
    const pyramid = (level, index) => {
      const name = `${level}/${index}`;
      if (!kept.has(name)) kept.set(name, (async () => {
        const [data, width] = await file(level, index), rows = [Array.from({ length: width }, (_, i) => data.slice(32 * i, 32 * i + 32))];
        while (rows.at(-1).length > 1) rows.push(await parents(rows.at(-1)));
        return rows;
      })());
      return kept.get(name);
    };
    const stored = async (level, index) => {
      const height = level % 8, first = index * 2 ** height;
      return (await pyramid((level - height) / 8, Math.floor(first / W)))[height][(first % W) / 2 ** height];
    };
    /* The entries of leaves [start, end). */
    const entries = async (start, end, tell = () => {}) => {
      const found = [];
      for (let index = Math.floor(start / W); index * W < end; index += 1) {
        const [data, width] = await file('entries', index), view = new DataView(data.buffer, data.byteOffset, data.length);
        for (let i = 0, at = 0; i < width; i += 1) {
          const length = view.getUint16(at), leaf = index * W + i;
          if (leaf >= start && leaf < end) found.push(data.slice(at + 2, at + 2 + length));
          at += 2 + length;
        }
        tell(found.length, end - start);
      }
      return found;
    };
    /* The root of the first `count` leaves, those from `start` on given by their hashes, the rest read. */
    const root = async (count, start = 0, given = []) => {
      const end = start + given.length, rows = [[start, given]];
      const over = async (level, index) => {
        const width = 2 ** level, first = index * width;
        if (first >= start && first + width <= end) {
          while (rows.length <= level) {
            const [from, row] = rows.at(-1), odd = from % 2;
            rows.push([(from + odd) / 2, await parents(row.slice(odd))]);
          }
          return rows[level][1][index - rows[level][0]];
        }
        if (first + width <= start || first >= end) return stored(level, index);
        return node(await over(level - 1, 2 * index), await over(level - 1, 2 * index + 1));
      };
      const between = async (from, to) => {
        const level = Math.floor(Math.log2(to - from));
        if (2 ** level === to - from) return over(level, from / 2 ** level);
        return node(await over(level, from / 2 ** level), await between(from + 2 ** level, to));
      };
      return count ? between(0, count) : B.sha256(new Uint8Array());
    };
    return { entries, root };
  };
  /* The entries of leaves [start, end), and whether they and every tile make the root of that head. */
  B.stretch = async (read, head, start, end, tell) => {
    const tree = B.tree(read, head.size), entries = await tree.entries(start, end, tell);
    const root = await tree.root(head.size, start, await Promise.all(entries.map(B.leaf)));
    return { entries, good: entries.length === end - start && B.same(root, head.root) };
  };
  /* How many of an export's openings lie among these entries; the first that does not open its own. */
  B.openings = async (told, entries, start) => {
    let count = 0;
    for (const line of told.trim().split('\n')) {
      const one = JSON.parse(line), entry = entries[one.index - start];
      if (!entry) continue;
      count += 1;
      if (!B.same(await B.commitment(B.unhex(one.salt), B.bytes(one.body)), entry)) return { count, wrong: one.index };
    }
    return { count };
  };
  /* Whether of two heads the later extends the earlier, by a log of that size; null where it is shorter. */
  B.extends = async (read, size, one, two) => {
    if (one.size === two.size) return B.same(one.root, two.root);
    if (two.size > size) return null;
    const tree = B.tree(read, size);
    return B.same(await tree.root(one.size), one.root) && B.same(await tree.root(two.size), two.root);
  };
})();
