"""English prose out of marked-up text: blocks, passages, sentences."""

import html
import re

STOP = frozenset("""a about after all also an and any are as at be been but by can for from had has have
he her his how i if in into is it its may more most no not of on one only or other our out over
she so some such than that the their them then there these they this to up was we were what when
which who will with would you your""".split())

DROPPED = re.compile(r"<(script|style|pre|svg|head|nav|footer|math|table)\b.*?</\1\s*>|<!--.*?-->",
                     re.S | re.I)
HEADING = re.compile(r"<h([1-5])\b[^>]*>(.*?)</h\1\s*>", re.S | re.I)
BLOCK = re.compile(r"</?(?:p|div|li|dd|dt|ul|ol|dl|td|tr|section|article|blockquote|body|br)\b[^>]*>",
                   re.I)
TAG = re.compile(r"<[^>]*>")
SPACE = re.compile(r"[\s\x00-\x1f\x7f\ufffd]+")
WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
SENTENCE_END = re.compile(r"(?<=[a-z0-9)\]\"'”’%][.!?])\s+(?=[A-Z\"“(])")


def squeeze(text):
    return SPACE.sub(" ", text).strip()


def is_prose(text, shortest=4, stop_share=0.12):
    """Whether this reads as English rather than as code, a table or another language."""
    words = WORD.findall(text)
    if len(words) < shortest or len(text) > 20000:
        return False
    letters = sum(map(len, words))
    if letters < 0.68 * len(text) or sum(map(str.isascii, text)) < 0.97 * len(text):
        return False
    stops = sum(word.lower() in STOP for word in words)
    return len(words) < 7 or stops >= stop_share * len(words)


def from_html(page):
    """The paragraphs of an HTML page, headings among them."""
    page = DROPPED.sub(" ", page)
    page = HEADING.sub(lambda m: f"<p>{TAG.sub(' ', m.group(2))}<p>", page)
    for piece in BLOCK.split(page):
        text = squeeze(html.unescape(TAG.sub("", piece)).replace("¶", ""))
        if text:
            yield text


def from_plain(text):
    """Paragraphs of plain text: blocks of lines between empty lines."""
    for block in re.split(r"\n\s*\n", text):
        paragraph = squeeze(block)
        if paragraph:
            yield paragraph


def sentences(text):
    for sentence in SENTENCE_END.split(text):
        sentence = sentence.strip()
        if 4 <= len(sentence.split()) <= 45 and is_prose(sentence):
            yield sentence


def passages(paragraphs, most_words=170):
    """Prose paragraphs, joined in order up to most_words; longer ones are split at sentences."""
    part, words = [], 0
    for paragraph in paragraphs:
        if not is_prose(paragraph):
            continue
        pieces = [paragraph] if len(paragraph.split()) <= most_words else SENTENCE_END.split(paragraph)
        for piece in pieces:
            count = len(piece.split())
            if part and words + count > most_words:
                yield " ".join(part)
                part, words = [], 0
            part.append(piece)
            words += count
    if part:
        yield " ".join(part)
