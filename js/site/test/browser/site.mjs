/* What the tests' engine finds. */
const guide = {section: ['Guide']};
const api = {section: ['Reference'], version: ['2.0']};

export const site = {
  model: 'model.bin',
  slips: {instal: 'install'},
  irrelevant: ['zebra'],
  facets: [
    {key: 'section', values: [{value: 'Guide', count: 6}, {value: 'Reference', count: 4}]},
    {key: 'version', values: [{value: '2.0', count: 4}, {value: '1.0', count: 2}]},
    {key: 'same', values: [{value: 'all', count: 10}]},
    // What generators write, and nobody filters by unless it is asked for.
    {key: 'generator', values: [{value: 'https://generator.example/a-name-without-end-of-a-generator', count: 9},
      {value: 'Another', count: 1}]},
    {key: 'canonical', values: [{value: 'a', count: 1}, {value: 'b', count: 1}]},
  ],
  pages: [
    {
      url: 'guide/install.html', title: 'Installation', metadata: guide, passages: [
        [['Installation'], '', 'Install the program from your package manager, or build it from source. It needs no other service, and nothing is sent anywhere.'],
        [['Installation', 'From source'], 'from-source', 'To install from source, fetch the archive, unpack it, and run make install as root. A C11 compiler is all it takes.'],
        [['Installation', 'Troubleshooting', 'Permissions'], 'permissions', 'If you cannot install into /usr/local, choose another prefix.'],
      ],
    },
    {
      url: 'guide/configure.html', title: 'Configuration', metadata: guide, passages: [
        [['Configuration'], '', 'Settings are read from a file beside the program. After you install it, there is none, and defaults hold.'],
        [['Configuration', 'Colours'], 'colours', 'Light and dark colours follow the system.'],
      ],
    },
    {
      url: 'guide/search.html', title: 'Searching by meaning', means: ['find', 'looking'], metadata: guide, passages: [
        [['Searching by meaning'], '', 'A question need not have the words of its answer: the model knows that a car is an automobile.'],
        [['Searching by meaning', 'How it ranks'], 'how-it-ranks', 'Keywords and vectors are weighed, so that a weak one does no harm.'],
      ],
    },
    {
      url: 'reference/api.html', title: 'API reference', metadata: api, passages: [
        [['API reference', 'openIndex'], 'open-index', 'openIndex(source, options) opens what the install script has written. <b>Not bold</b> & "quoted".'],
        [['API reference', 'search'], 'search', 'search(query, options) gives results, best first.'],
      ],
    },
    {
      url: 'reference/cli.html', title: 'Command line', metadata: api, passages: [
        [['Command line', 'lode site'], 'lode-site', 'Writes the index of a site, and installs the element beside it.'],
      ],
    },
    {
      url: 'blog/2026/', title: 'A very long title that goes on and on, as titles of announcements do, and does not fit into one line of a telephone', metadata: {}, passages: [
        [[], '', 'Supercalifragilisticexpialidocious_identifiers_that_never_end_and_have_no_place_to_break_in_them install too.'],
      ],
    },
    {url: 'ar/', title: 'دليل التثبيت', metadata: {}, passages: [
      [['دليل التثبيت'], '', 'يمكن تثبيت البرنامج من مدير الحزم، ثم تشغيل الأمر install من الطرفية.'],
    ]},
    {url: 'ja/', title: '日本語のページ', metadata: {}, passages: [[[], '', '検索は日本語でも動きます。']]},
    {url: 'javascript:alert(1)', title: 'Unsafe install', metadata: {}, passages: [
      [[], '', 'install me']]},
    {url: 'page.html', title: 'This very page', metadata: {}, passages: [
      [['This very page', 'Paragraphs'], 'second', 'The word mango is on this page, further down.']]},
  ],
};
for (let i = 0; i < 30; i++) {
  site.pages.push({url: `list/${i}.html`, title: `Entry ${i}`, metadata: {}, passages: [
    [[], '', `Number ${i} of the many entries that a long list has.`]]});
}
