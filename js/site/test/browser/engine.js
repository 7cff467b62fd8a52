/* An engine for tests: a few pages, looked through as they are. What it gives is fixed, and the
 * element is what is tested; the real one has tests of its own. */
const SIZE = 4;
const words = text => [...text.matchAll(/[\p{L}\p{N}]+/gu)];

/** Words that begin with, or are, a word of the question. */
function marks(text, question, typing) {
  return words(text).filter(([word]) => question.some((asked, i) => typing && i === question.length - 1
    ? word.toLowerCase().startsWith(asked) : word.toLowerCase() === asked))
    .map(match => ({begin: match.index, end: match.index + match[0].length}));
}

function find(data, {text, typing, limit, passages, filters, mode, all}) {
  const question = words(text.toLowerCase()).map(([word]) => data.slips?.[word] ?? word);
  const correction = question.join(' ');
  const of = (page, key) => page.metadata?.[key] ?? [];
  const found = data.pages.flatMap(page => {
    if (!Object.entries(filters).every(([key, values]) =>
      of(page, key).some(value => values.includes(value)))) return [];
    const list = page.passages.map(([headings, anchor, snippet]) => ({
      headings, anchor, snippet, marks: marks(snippet, question, typing),
      cutBefore: false, cutAfter: snippet.length > 90,
    }));
    const titleMarks = marks(page.title, question, typing);
    const meant = mode === 'hybrid' && page.means?.some(word => question.includes(word));
    const hits = list.filter(passage => passage.marks.length > 0 || meant);
    if (hits.length === 0 && titleMarks.length === 0 && !all) return [];
    const score = titleMarks.length * 3 + hits.reduce((sum, p) => sum + p.marks.length, 0) + (meant ? 5 : 0);
    return [{
      url: page.url, title: page.title, titleMarks, metadata: page.metadata ?? {}, score,
      passages: (hits.length > 0 ? hits : list).slice(0, passages),
    }];
  }).sort((a, b) => b.score - a.score);
  const relevant = !question.some(word => data.irrelevant?.includes(word));
  return {
    pages: relevant || all ? found.slice(0, limit) : [], total: found.length,
    totalAtLeast: false, relevant, mode,
    correction: correction === words(text.toLowerCase()).map(([w]) => w).join(' ') ? undefined : correction,
  };
}

/** calls: what was asked, for the test to look at. */
export function testEngine(calls = []) {
  return boot => {
    const data = JSON.parse(new TextDecoder().decode(boot));
    const given = new Map();
    const missing = names => names.filter(name => !given.has(name)).map(name => ({name, size: SIZE}));
    let model = false;
    const answer = (names, value) => {
      const needs = missing(names);
      return needs.length > 0 ? {needs} : {value: value()};
    };
    return {
      info: {
        pages: data.pages.length, base: data.base ?? '',
        model: data.model,
      },
      ask(question) {
        calls.push(question);
        if (question.mode === 'hybrid' && !model) throw new Error('no model');
        if (data.broken) throw new Error('broken');
        // The first round's files by the first letter of the question, the second's by its results.
        const first = answer([`words-${question.text.codePointAt(0) % 4}.txt`], () => null);
        if ('needs' in first) return first;
        const value = find(data, question);
        return answer(value.pages.length > 0 ? ['texts.txt'] : [], () => value);
      },
      facets: () => answer(['facets.txt'], () => data.facets ?? []),
      count(question) {
        const {pages} = find(data, {...question, limit: 100});
        return {value: (data.facets ?? []).map(({key, values}) => ({key, values: values.map(({value}) =>
          ({value, count: pages.filter(({metadata}) => metadata[key]?.includes(value)).length}))}))};
      },
      give(name, bytes) {
        if (new TextDecoder().decode(bytes) !== 'file') {
          throw Object.assign(new Error(name), {name: 'SiteError', code: 'damaged'});
        }
        given.set(name, bytes);
      },
      giveModel(bytes) { model = bytes.length === SIZE; },
      close() {},
    };
  };
}
