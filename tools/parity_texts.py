"""The 1,000 texts over which lode's vectors are compared with sentence-transformers.

Deterministic: hand-written texts, and combinations chosen by a generator of our own, so that
every Python version makes the same list. `texts()` returns (kind, text) pairs. Nothing here is
copied from a data set.
"""

COUNT = 1000


class Lcg:
    """A 64-bit linear congruential generator: the same numbers everywhere, for ever."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n

    def pick(self, options):
        return options[self.below(len(options))]


EDGE = [
    # Nothing, or nothing that survives the normalizer.
    "",
    " ",
    "\n",
    "\t \r\n",
    "\u00a0",
    "\u3000\u2003",
    "\u200b",
    "\ufeff",
    "\x00",
    "\x01\x02\x7f",
    "\u0301",
    "\ufffd",
    "\u200d\u200d",
    "\U000e0061",
    # One character of each sort.
    "a",
    "A",
    "1",
    ".",
    "é",
    "É",
    "ß",
    "İ",
    "ı",
    "ſ",
    "\u212a",
    "中",
    "あ",
    "가",
    "ا",
    "א",
    "क",
    "ก",
    "€",
    "°",
    "\u00ad",
    "\U0001f600",
    "\U00020000",
    "\U0010fffd",
    "~",
    "`",
    "$",
    "^",
    "|",
    "_",
    # Spaces and control characters around and inside words.
    "  leading and trailing  ",
    "many     spaces\t\ttabs\n\n\nlines",
    "no\u00a0break\u2009thin\u3000wide",
    "null\x00inside a word",
    "bell\x07 escape\x1b[31mred\x1b[0m",
    "soft\u00adhyphen",
    "zero\u200bwidth",
    "byte\ufeffmark",
    "right\u202eto left\u202c override",
    "line\u2028separator\u2029paragraph",
    "vertical\x0btab and form\x0cfeed",
    "next\x85line",
    "\u2066isolate\u2069 \u200elrm \u200frlm",
    # Names of special tokens inside the text.
    "[CLS] [MASK] [SEP]",
    "[UNK]",
    "[PAD] [PAD]",
    "the capital of France is [MASK].",
    "a[SEP]b",
    "[CLS][CLS][SEP][SEP]",
    "[cls] [mask] [sep] in lower case",
    "[ MASK ] with spaces",
    "[MASK",
    "MASK]",
    "##ing ##s pieces as words",
    "unbelievable ##able",
    "[unused1] [unused99]",
    "text [SEP] another text",
    # Accents, composed, decomposed and stacked.
    "café",
    "cafe\u0301",
    "Ångström ångstro\u0308m A\u030angstro\u0308m",
    "résumé naïve façade São Tomé",
    "Tiếng Việt có dấu thanh",
    "Z\u0351\u036b\u0343a\u0323\u0308l\u0334\u0335\u0336go\u0301\u0302\u0303\u0304",
    "e" + "\u0301" * 60,
    "ﬁne ﬂow oﬃce ﬅ",
    "ＦＵＬＬ ｗｉｄｔｈ １２３",
    "ⅷ ① ² ½ ㎏ ™ ℃",
    "Straße STRASSE straße",
    "İstanbul IŞIK ışık",
    "ΟΔΥΣΣΕΥΣ Οδυσσεύς ς σ",
    "ǅ ǆ Ǆ ŉ ẞ",
    "Þórr Æsir Øyvind Łódź Đorđe",
    "한글 \u1112\u1161\u11ab\u1100\u1173\u11af",
    "ガ カ\u3099 ｶﾞ",
    "\u0344 \u0958 \u09dc \u2126 \u212b",
    # Emoji: plain, modified, joined, flags, keycaps.
    "\U0001f600\U0001f601\U0001f602",
    "I \u2764\ufe0f this \U0001f389",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "\U0001f44d\U0001f3fd \U0001f44b\U0001f3ff",
    "\U0001f3f3\ufe0f\u200d\U0001f308 "
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "\U0001f1eb\U0001f1f7\U0001f1ef\U0001f1f5",
    "1\ufe0f\u20e3 #\ufe0f\u20e3",
    "great\U0001f525\U0001f525\U0001f525work",
    "\U0001f9d1\u200d\U0001f4bb writes code \u2615",
    "\u2603 \u2602 \u2708 \u265e \u2660",
    # Punctuation.
    "!!!",
    "...",
    "…",
    "?!?!",
    "“quoted” ‘text’ «so» „ja“",
    "a-b—c–d‐e",
    "(((nested [brackets] {here})))",
    "¿Qué? ¡Sí!",
    "、。「」・",
    "۔ ؟ ،",
    "|a|b|c|",
    "~~strike~~ **bold** __under__ `code`",
    "50% off & more @ $9.99",
    "don't can't it's I'd y'all o'clock",
    "e.g. i.e. U.S.A. Ph.D. a.m.",
    "\\ backslash / slash",
    "<b>html</b> &amp; &#39;",
]

SCRIPTS = {
    "chinese": [
        "今天天气很好,我们去公园散步吧。",
        "机器学习模型将句子转换为向量。",
        "這家餐廳的牛肉麵非常好吃",
        "上海和北京之间的高速铁路",
        "𠀀𠀁𪜀 rare ideographs 㐀㐁",
        "中文English混合text测试123",
    ],
    "japanese": [
        "今日は天気がいいので散歩に行きます。",
        "東京タワーは赤いです",
        "カタカナとひらがなと漢字",
        "ﾊﾝｶｸ ｶﾅ",
        "コンピューターで文章をベクトルに変換する",
        "ゞ々〆ヶ ー〜",
    ],
    "korean": [
        "오늘은 날씨가 좋습니다.",
        "서울에서 부산까지 기차로 갑니다",
        "문장을 벡터로 바꾸는 모델",
        "ㄱㄴㄷ ㅏㅑㅓ",
        "한국어와 English 섞기",
    ],
    "arabic": [
        "الطقس جميل اليوم",
        "أحب قراءة الكتب في المساء",
        "مُحَمَّدٌ كَتَبَ الدَّرْسَ",
        "السعر ١٢٣ دولار",
        "لا إله ﷲ ﷺ",
        "مرحبا world mixed نص",
    ],
    "hebrew": [
        "מזג האוויר יפה היום",
        "שָׁלוֹם עֲלֵיכֶם",
        "אני קורא ספר בספרייה",
        "ירושלים היא עיר עתיקה",
        "המחיר הוא 99 ש״ח",
    ],
    "thai": [
        "วันนี้อากาศดีมาก",
        "ฉันชอบกินข้าวผัดกับไข่ดาว",
        "กรุงเทพมหานครเป็นเมืองหลวง",
        "น้ำ ที่ ก็ ๆ ฯ",
        "ราคา ๑๒๓ บาท",
    ],
    "devanagari": [
        "आज मौसम बहुत अच्छा है।",
        "मैं किताब पढ़ रहा हूँ",
        "क्ष त्र ज्ञ श्री",
        "हिन्दी और English मिला कर",
        "संस्कृतम् अतीव सुन्दरम्",
    ],
    "indic": [
        "আজ আবহাওয়া ভালো",
        "இன்று வானிலை நன்றாக உள்ளது",
        "ఈ రోజు వాతావరణం బాగుంది",
        "ಇಂದು ಹವಾಮಾನ ಚೆನ್ನಾಗಿದೆ",
        "ഇന്ന് നല്ല കാലാവസ്ഥ",
        "આજે હવામાન સારું છે",
        "ਅੱਜ ਮੌਸਮ ਚੰਗਾ ਹੈ",
        "අද කාලගුණය හොඳයි",
    ],
    "cyrillic": [
        "Сегодня хорошая погода",
        "Київ є столицею України",
        "Ёлка и ёж, йод",
        "Ђорђе и Његош",
        "Смешанный text на двух языках",
        "Ѳеодоръ Ѧзыкъ",
    ],
    "greek": [
        "Ο καιρός είναι καλός σήμερα",
        "Ἐν ἀρχῇ ἦν ὁ λόγος",
        "Αθήνα και Θεσσαλονίκη",
        "άέήίόύώ ΐΰ",
    ],
    "european": [
        "Das Wetter ist heute schön, größer als gestern",
        "Zażółć gęślą jaźń",
        "Příliš žluťoučký kůň",
        "Árvíztűrő tükörfúrógép",
        "L'été, où êtes-vous allés ?",
        "El niño comió piñas en la montaña",
        "O coração não é tão simples",
        "Það er gott veður í dag",
        "İğne çöp şöyle güzel",
        "Šiandien labai gražus oras",
        "Fazer chá à noite é bom",
    ],
    "other": [
        "დღეს კარგი ამინდია",
        "Այսօր լավ եղանակ է",
        "ዛሬ አየሩ ጥሩ ነው",
        "ມື້ນີ້ອາກາດດີ",
        "ថ្ងៃនេះអាកាសធាតុល្អ",
        "ယနေ့ ရာသီဥတု ကောင်းတယ်",
        "དེ་རིང་གནམ་གཤིས་ཡག་པོ་འདུག",
        "ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ",
        "ᚠᚢᚦᚨᚱᚲ",
        "𐌰𐌽𐌰 𐌱𐌰𐌿𐍂𐌲",
        "ⵜⴰⵎⴰⵣⵉⵖⵜ",
        "ᏣᎳᎩ ꮳꮃꭹ",
        "𞤀𞤁𞤂 𞤢𞤣𞤤",
        "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝕞𝕒𝕥𝕙 𝐛𝐨𝐥𝐝",
        "ꜰᴀɴᴄʏ ᵗᵉˣᵗ",
        "⠃⠗⠁⠊⠇⠇⠑",
    ],
}

CODE = [
    "int main(void) { return 0; }",
    "for (size_t i = 0; i < n; i++) sum += a[i] * b[i];",
    "def f(x: int) -> list[int]:\n    return [x ** 2 for _ in range(10)]",
    "SELECT name, COUNT(*) FROM users WHERE age >= 18 GROUP BY name;",
    "const add = (a, b) => a + b; // ES6",
    "#include <stdio.h>\n#define MAX(a,b) ((a)>(b)?(a):(b))",
    'git commit -m "fix: off-by-one" && git push',
    '{"key": [1, 2.5e-3, null, true], "nested": {"a": "b"}}',
    '<div class="row"><p>Hello</p></div>',
    "s/^[ \\t]*\\([A-Z]\\)/\\1/g",
    "0xDEADBEEF 0b1010 0o777 1_000_000",
    "try { throw new Error(`bad ${x}`); } catch (e) {}",
    'fn main() { println!("{:?}", vec![1u8; 4]); }',
    "\\frac{a}{b} = \\sum_{i=1}^{n} x_i^2",
    "$HOME/.config/app.toml:42: error: expected ';'",
    "a<-c(1,2,3);mean(a)",
    "lambda: (yield)",
    "x = x if x else y",
    "snake_case camelCase PascalCase kebab-case SCREAMING_CASE",
    "std::vector<std::pair<int,std::string>> v{};",
]

NUMBERS = [
    "0",
    "42",
    "-273.15",
    "3.14159265358979",
    "1,234,567.89",
    "1.234.567,89",
    "6.022e23",
    "1/2 + 3/4",
    "+1 (555) 010-0199",
    "2024-02-29T23:59:59Z",
    "12:34:56.789",
    "192.168.0.1",
    "2001:db8::ff00:42:8329",
    "€1.99 £20 ¥3000",
    "99.9%",
    "10^-9",
    "0000000000",
    "12345678901234567890123456789012345678901234567890",
    "IV XIX MMXXIV",
    "1st 2nd 3rd 4th",
    "https://example.com/path/to/page?query=a%20b&lang=en#top",
    "http://user:pass@host.example:8080/",
    "ftp://files.example.org/pub/file.tar.gz",
    "someone+tag@mail.example.co.uk",
    "www.example.com",
    "doi:10.1000/182",
    "urn:isbn:0451450523",
    "C:\\Users\\Name\\file.txt",
    "/usr/local/lib/libx.so.1.2",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "550e8400-e29b-41d4-a716-446655440000",
]

SUBJECTS = [
    "a man",
    "a woman",
    "two children",
    "the old teacher",
    "a group of friends",
    "a brown dog",
    "three cats",
    "the driver",
    "an engineer",
    "my neighbour",
    "a young girl",
    "the chef",
]
VERBS = [
    "is playing",
    "is cutting",
    "is looking at",
    "walks past",
    "is carrying",
    "was painting",
    "is standing beside",
    "photographs",
    "is repairing",
    "quickly picks up",
]
OBJECTS = [
    "a guitar",
    "the wooden table",
    "some vegetables",
    "a red bicycle",
    "the broken window",
    "an umbrella",
    "a large box of oranges",
    "the piano",
    "a newspaper",
    "the fishing boat",
]
PLACES = [
    "",
    " in the park",
    " on the beach",
    " near the station",
    " at night",
    " while it rains",
    " in the kitchen",
    " outside the museum",
    " before breakfast",
]
REMARKS = [
    "The bank raised its interest rate by {n} percent on {d}.",
    "Shares of the company fell {n} points after the report on {d}.",
    "The minister said {n} people had been invited to the talks on {d}.",
    "About {n} houses lost power during the storm on {d}.",
    "How do I convert {n} miles into kilometres before {d}?",
    "What happened in the city council meeting on {d}, and why were {n} votes missing?",
    "The study followed {n} patients and ended on {d}.",
    "A recipe for {n} guests, to be prepared on {d}.",
]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

WORDS = """
time year people way day man thing woman life child world school state family student group
country problem hand part place case week company system program question work government number
night point home water room mother area money story fact month lot right study book eye job word
business issue side kind head house service friend father power hour game line end member law car
city community name president team minute idea body information back parent face level office door
health person art war history party result change morning reason research girl guy moment air
teacher force education electroencephalography photosynthesis thermodynamics unconstitutional
counterintuitive neurotransmitter semiconductors cryptocurrency misunderstandings
""".split()

# First and last code points of the blocks that random strings are drawn from.
BLOCKS = [
    (0x20, 0x7E),
    (0xA0, 0x24F),
    (0x250, 0x2FF),
    (0x300, 0x36F),
    (0x370, 0x3FF),
    (0x400, 0x52F),
    (0x591, 0x5F4),
    (0x600, 0x6FF),
    (0x900, 0x97F),
    (0xE00, 0xE5B),
    (0x1100, 0x11FF),
    (0x1E00, 0x1FFF),
    (0x2000, 0x206F),
    (0x20A0, 0x20C0),
    (0x2100, 0x218B),
    (0x2190, 0x23FF),
    (0x2500, 0x27BF),
    (0x3000, 0x30FF),
    (0x3400, 0x34FF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3),
    (0xE000, 0xE0FF),
    (0xF900, 0xFAFF),
    (0xFB00, 0xFB4F),
    (0xFE00, 0xFE6F),
    (0xFF00, 0xFFEF),
    (0x10000, 0x100FA),
    (0x10400, 0x1044F),
    (0x1D400, 0x1D7FF),
    (0x1F300, 0x1FAFF),
    (0x20000, 0x2A6DF),
    (0xE0000, 0xE007F),
    (0xF0000, 0xF00FF),
]


def words(rng, n):
    return " ".join(rng.pick(WORDS) for _ in range(n))


def paragraph(rng, n):
    """About `n` words in sentences."""
    out = []
    while n > 0:
        k = min(n, 6 + rng.below(14))
        out.append(words(rng, k).capitalize() + rng.pick([".", ".", ".", "?", "!", ";"]))
        n -= k
    return " ".join(out)


def sentence(rng):
    if rng.below(4) == 0:
        return rng.pick(REMARKS).format(n=rng.below(900) + 2, d=rng.pick(DAYS))
    text = f"{rng.pick(SUBJECTS)} {rng.pick(VERBS)} {rng.pick(OBJECTS)}{rng.pick(PLACES)}"
    return text[0].upper() + text[1:] + rng.pick([".", ".", "", "!"])


def repeats():
    """Runs of one character or word: past WordPiece's 100 characters, and past every limit."""
    out = ["a" * n for n in (99, 100, 101, 200, 5000)]
    out += [
        "é" * 100,
        "é" * 101,
        "e\u0301" * 101,
        "中" * 300,
        "\U0001f600" * 101,
        "." * 300,
        "-" * 101,
        "1" * 150,
    ]
    out += [
        "ab" * 60,
        "the " * 400,
        "a b " * 130,
        "[MASK]" * 300,
        "\u0301" * 200,
        " " * 5000 + "end",
        "word" + "\x00" * 300 + "word",
    ]
    out += [
        "supercalifragilistic" * 4,
        "x" * 100 + " " + "y" * 101 + " z",
        "\u0e01\u0e33" * 60,
        "ⅷ" * 101,
        "ﷺ" * 120,
    ]
    return out


def lengths(rng):
    """Around every limit that the model has (256 tokens, 512 positions), and far over."""
    out = ["a " * n for n in (253, 254, 255, 256, 257, 509, 510, 511, 512, 513)]
    out += [
        paragraph(rng, n)
        for n in (
            60,
            100,
            150,
            180,
            200,
            210,
            220,
            230,
            240,
            260,
            300,
            350,
            400,
            450,
            500,
            600,
            1000,
            3000,
        )
    ]
    out += [
        "中文字符测试" * 50,
        "סיפור ארוך מאוד " * 80,
        "एक लंबी कहानी " * 60,
        "\n".join(CODE) * 3,
        " ".join(NUMBERS) * 2,
    ]
    out += [
        words(rng, 250) + " [SEP] " + words(rng, 20),
        words(rng, 254) + " unbelievably",
        words(rng, 1) * 40 + " " + words(rng, 600),
    ]
    return out


def scrambled(rng):
    """A string over random blocks, mostly two of them."""
    blocks = [rng.pick(BLOCKS), rng.pick(BLOCKS), (0x20, 0x7E)]
    out = []
    for _ in range(1 + rng.below(80)):
        if rng.below(5) == 0:
            out.append(" ")
        else:
            first, last = rng.pick(blocks)
            out.append(chr(first + rng.below(last - first + 1)))
    return "".join(out)


def texts():
    """[(kind, text)], COUNT of them, all different."""
    rng = Lcg(20240229)
    out = [("edge", t) for t in EDGE]
    out += [(script, t) for script, ts in SCRIPTS.items() for t in ts]
    out += [("code", t) for t in CODE] + [("number", t) for t in NUMBERS]
    out += [("repeat", t) for t in repeats()] + [("length", t) for t in lengths(rng)]
    every = [t for ts in SCRIPTS.values() for t in ts]
    out += [
        (
            "joined",
            rng.pick(["", " ", "\n", " / "]).join(
                rng.pick(every + EDGE + CODE + NUMBERS) for _ in range(2 + rng.below(6))
            ),
        )
        for _ in range(100)
    ]
    out += [("random", scrambled(rng)) for _ in range(200)]
    out += [("paragraph", paragraph(rng, 20 + rng.below(150))) for _ in range(50)]
    seen, unique = set(), []
    for kind, text in out:
        if text not in seen:
            seen.add(text)
            unique.append((kind, text))
    while len(unique) < COUNT:
        text = sentence(rng)
        if text not in seen:
            seen.add(text)
            unique.append(("sentence", text))
    assert len(unique) == COUNT, len(unique)
    return unique
