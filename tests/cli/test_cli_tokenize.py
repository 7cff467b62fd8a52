"""lode tokenize: tables, objects, ids, pairs, truncation."""

import json

import harness
from harness import INPUT, MODELS, USAGE, lode

VOCAB = json.loads((MODELS / "bert-plain" / "tokenizer.json").read_text())["model"]["vocab"]


class Tokenize(harness.Case):
    def objects(self, *args, stdin=b""):
        out = self.assert_ok(lode("tokenize", "--format", "json", *args, stdin=stdin))
        return [json.loads(line) for line in out.splitlines()]

    def test_object(self):
        (o,) = self.objects("Café unaffable 你!")
        self.assertEqual(o["text"], "Café unaffable 你!")
        self.assertEqual(o["index"], 0)
        self.assertEqual([VOCAB[t] for t in o["tokens"]], o["ids"])
        self.assertEqual(o["tokens"][:2], ["[CLS]", "cafe"])
        self.assertEqual(o["tokens"][-3:], ["你", "!", "[SEP]"])
        self.assertEqual(o["offsets"][1], [0, 4])
        self.assertEqual(o["byte_offsets"][1], [0, 5])
        self.assertEqual(o["offsets"][-3:], [[15, 16], [16, 17], [0, 0]])
        self.assertEqual(o["byte_offsets"][-3:], [[16, 19], [19, 20], [0, 0]])
        count = len(o["ids"])
        self.assertEqual(o["type_ids"], [0] * count)
        self.assertEqual(o["special"], [True] + [False] * (count - 2) + [True])
        self.assertEqual(o["left_out"], 0)
        for i in range(1, count - 1):
            start, end = o["offsets"][i]
            piece = o["text"][start:end]
            self.assertEqual(piece.encode(), o["text"].encode()[slice(*o["byte_offsets"][i])])

    def test_ids(self):
        self.assertEqual(self.assert_ok(lode("tokenize", "-f", "ids", "a dog", "")), b"2 5 103 3\n2 3\n")
        self.assertEqual(self.assert_ok(lode("tokenize", "-f", "ids", "--no-special", "a dog", "")), b"5 103\n\n")

    def test_table(self):
        text = self.assert_ok(lode("tokenize", "the dogs", "é")).decode()
        self.assertEqual(
            text,
            "    id  token  characters  text\n"
            "     2  [CLS]\n"
            "    93  the       0-3      the\n"
            "   103  dog       4-7      dog\n"
            "    59  ##s       7-8      s\n"
            "     3  [SEP]\n"
            "\n"
            "    id  token  characters  text\n"
            "     2  [CLS]\n"
            "     9  e         0-1      é\n"
            "     3  [SEP]\n",
        )

    def test_a_table_sends_nothing_strange_to_a_terminal(self):
        out = self.assert_ok(lode("tokenize", stdin=b"\x1b[31m a\x07b\xc2\x9b\n"))
        self.assertFalse(set(out) & (set(range(32)) - {10}), out)
        self.assertNotIn(b"\xc2\x9b", out)

    def test_pair(self):
        (o,) = self.objects("--pair", "the fox", "a dog")
        self.assertEqual(o["tokens"], ["[CLS]", "a", "dog", "[SEP]", "the", "fox", "[SEP]"])
        self.assertEqual(o["type_ids"], [0, 0, 0, 0, 1, 1, 1])
        self.assertEqual(o["offsets"][4:6], [[0, 3], [4, 7]])
        table = self.assert_ok(lode("tokenize", "--pair=the fox", "a dog")).decode()
        self.assertIn("    93  the       0-3      the\n   102  fox       4-7      fox\n", table)
        self.assert_fails(lode("tokenize", "--pair", b"\xff", "a"), INPUT, "--pair: invalid UTF-8")

    def test_truncation(self):
        text = "fox " * 60
        (o,) = self.objects(text)
        self.assertEqual((len(o["ids"]), o["left_out"]), (40, 22))
        (o,) = self.objects("--no-truncation", text)
        self.assertEqual((len(o["ids"]), o["left_out"]), (62, 0))
        (o,) = self.objects("--max-tokens", "5", text)
        self.assertEqual((o["tokens"], o["left_out"]), (["[CLS]"] + ["fox"] * 3 + ["[SEP]"], 57))
        self.assertIn(b"\n57 more tokens were cut\n", self.assert_ok(lode("tokenize", "--max-tokens=5", text)))
        self.assert_fails(lode("tokenize", "--max-tokens", "1", "a"), USAGE)

    def test_ill_formed_text_is_repaired_before_it_is_counted(self):
        (o,) = self.objects("--utf8=replace", stdin=b"\xff dog\n")
        self.assertEqual(o["text"], "\ufffd dog")
        at = o["tokens"].index("dog")
        self.assertEqual((o["offsets"][at], o["byte_offsets"][at]), ([2, 5], [4, 7]))

    def test_strings_are_valid_json(self):
        text = bytes(range(1, 10)) + bytes(range(11, 13)) + b'\x1f"\\\x7f\xc2\x80\xe2\x80\xa8\xf0\x9f\x99\x82'
        (o,) = self.objects(stdin=text + b"\n")
        self.assertEqual(o["text"], text.decode())

    def test_output_file(self):
        with self.folder() as folder:
            self.assert_ok(lode("tokenize", "-f", "ids", "-o", folder / "ids", "a"))
            self.assertEqual((folder / "ids").read_bytes(), b"2 5 3\n")


if __name__ == "__main__":
    harness.main()
