/* Languages: tags, and which one a text is in. */
#include "index/words/language.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void tags(void **state) {
  (void)state;
  static const struct {
    const char *tag;
    lode_language language;
  } cases[] = {
      {"en", LODE_LANGUAGE_EN},        {"EN-us", LODE_LANGUAGE_EN}, {"pt_BR", LODE_LANGUAGE_PT},
      {"deu", LODE_LANGUAGE_DE},       {"nb", LODE_LANGUAGE_NO},    {"nn-NO", LODE_LANGUAGE_NO},
      {"zh-Hans", LODE_LANGUAGE_NONE}, {"", LODE_LANGUAGE_NONE},    {"english", LODE_LANGUAGE_NONE},
      {"-", LODE_LANGUAGE_NONE},       {"x", LODE_LANGUAGE_NONE},   {"pl", LODE_LANGUAGE_NONE},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(lode_language_of_tag(cases[i].tag, strlen(cases[i].tag)), cases[i].language);
  }
  for (int l = 1; l < LODE_LANGUAGE_COUNT; l++) {
    const char *code = lode_language_code((lode_language)l);
    assert_int_equal(lode_language_of_tag(code, strlen(code)), l);
    assert_non_null(lode_language_stemmer((lode_language)l));
  }
  assert_string_equal(lode_language_code(LODE_LANGUAGE_NONE), "");
  assert_null(lode_language_stemmer(LODE_LANGUAGE_NONE));
}

static void sentences(void **state) {
  (void)state;
  static const struct {
    lode_language language;
    const char *text;
  } cases[] = {
      {LODE_LANGUAGE_EN,
       "The library reads the files that are in the folder and writes an index "
       "which can be searched by everyone who has a browser."},
      {LODE_LANGUAGE_DE,
       "Das Programm liest die Dateien, die in dem Ordner liegen, und schreibt "
       "einen Index, der sich im Browser durchsuchen lässt."},
      {LODE_LANGUAGE_FR,
       "Le programme lit les fichiers qui sont dans le dossier et écrit un index "
       "que tout le monde peut consulter avec un navigateur."},
      {LODE_LANGUAGE_ES,
       "El programa lee los archivos que están en la carpeta y escribe un índice "
       "que se puede consultar con el navegador."},
      {LODE_LANGUAGE_PT,
       "O programa lê os arquivos que estão na pasta e escreve um índice que não "
       "precisa de servidor para ser consultado."},
      {LODE_LANGUAGE_IT,
       "Il programma legge i file che sono nella cartella e scrive un indice che "
       "si può consultare con il browser."},
      {LODE_LANGUAGE_NL,
       "Het programma leest de bestanden die in de map staan en schrijft een "
       "index die met een browser doorzocht kan worden."},
      {LODE_LANGUAGE_SV,
       "Programmet läser filerna som finns i mappen och skriver ett index som "
       "kan sökas igenom med en webbläsare, även utan nät."},
      {LODE_LANGUAGE_DA,
       "Programmet læser filerne, der ligger i mappen, og skriver et indeks, som "
       "man kan søge i, hvis man har en browser, og hvor der ikke er net."},
      {LODE_LANGUAGE_NO,
       "Programmet leser filene som ligger i mappen, og skriver en indeks som "
       "man kan søke i når man har en nettleser, også etter at noe er borte."},
      {LODE_LANGUAGE_FI,
       "Ohjelma lukee tiedostot, jotka ovat kansiossa, ja kirjoittaa hakemiston, "
       "joka on myös selaimessa, mutta se ei ole palvelin."},
      {LODE_LANGUAGE_HU,
       "A program elolvassa a mappában lévő fájlokat, és egy olyan indexet ír, "
       "amelyet a böngészőben is lehet keresni, de nem kell hozzá szerver."},
      {LODE_LANGUAGE_RO,
       "Programul citește fișierele care sunt în dosar și scrie un index pe care "
       "îl poate căuta oricine are un browser, fără să fie nevoie de server."},
      {LODE_LANGUAGE_TR,
       "Bu program klasördeki dosyaları okur ve bir dizin yazar; bu dizin için "
       "sunucu gerekmez, ama çok hızlı ve daha küçük olan bir dosya olur."},
      {LODE_LANGUAGE_RU,
       "Программа читает файлы, которые лежат в папке, и пишет указатель, по "
       "которому можно искать в браузере, так что сервер не нужен."},
      {LODE_LANGUAGE_EL, "Το πρόγραμμα διαβάζει τα αρχεία που βρίσκονται στον φάκελο."},
      {LODE_LANGUAGE_HY, "Ծրագիրը կարդում է թղթապանակի ֆայլերը։"},
      {LODE_LANGUAGE_TA, "நிரல் கோப்புறையில் உள்ள கோப்புகளைப் படிக்கிறது."},
      {LODE_LANGUAGE_AR,
       "يقرأ البرنامج الملفات التي في المجلد ثم يكتب الفهرس إلى القرص و لا يحتاج "
       "إلى خادم كما أن البحث في هذا الفهرس سريع"},
      {LODE_LANGUAGE_HI,
       "यह प्रोग्राम फ़ोल्डर की फ़ाइलों को पढ़ता है और एक सूची लिखता है जो "
       "ब्राउज़र में भी काम करती है।"},
      {LODE_LANGUAGE_ID,
       "Program ini membaca berkas yang ada di dalam map dan menulis indeks yang "
       "bisa dicari oleh mereka tanpa server, karena itu lebih cepat."},
      {LODE_LANGUAGE_CA,
       "El programa llegeix els fitxers que hi ha a la carpeta i escriu un índex "
       "que es pot consultar amb el navegador, però no cal cap servidor més."},
      /* Languages without a stemmer, and texts that are in none. */
      {LODE_LANGUAGE_NONE,
       "Program czyta pliki, które są w katalogu, i zapisuje indeks, który nie "
       "wymaga serwera, ale jest szybki oraz tylko jak plik."},
      {LODE_LANGUAGE_NONE,
       "Program čte soubory, které jsou ve složce, a zapisuje index, který se "
       "dá prohledávat, protože to není server, ale jako soubor."},
      {LODE_LANGUAGE_NONE,
       "Програма читає файли, які є в теці, і пише покажчик, що його можна "
       "шукати, бо це не сервер, але й не база, та все ж це так."},
      {LODE_LANGUAGE_NONE,
       "Програмата чете файловете, които са в папката, и това не е сървър, но "
       "има индекс, който се търси в браузъра."},
      {LODE_LANGUAGE_NONE,
       "این برنامه فایل هایی را که در پوشه است می خواند و به آن نیاز دارد تا "
       "برای کاربر جستجو کند"},
      {LODE_LANGUAGE_NONE,
       "Chương trình đọc các tệp trong thư mục và ghi một chỉ mục có thể được "
       "tìm kiếm với trình duyệt."},
      {LODE_LANGUAGE_NONE, "本プログラムはフォルダーのファイルを読みます。"},
      {LODE_LANGUAGE_NONE, "hello"},
      {LODE_LANGUAGE_NONE, ""},
      {LODE_LANGUAGE_NONE, "int x = 5; float y = foo(bar, baz); struct node *next; return NULL;"},
      {LODE_LANGUAGE_NONE, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const lode_language found = lode_language_detect(cases[i].text, strlen(cases[i].text));
    if (found != cases[i].language) {
      fail_msg("\"%s\" instead of \"%s\": %s", lode_language_code(found),
               lode_language_code(cases[i].language), cases[i].text);
    }
  }
}

static void long_texts(void **state) {
  (void)state;
  enum { SIZE = 1000000 };
  char *text = malloc(SIZE);
  assert_non_null(text);
  memset(text, 'a', SIZE);
  assert_int_equal(lode_language_detect(text, SIZE), LODE_LANGUAGE_NONE);
  for (size_t i = 0; i + 3 <= SIZE; i += 3) memcpy(text + i, "\xe3\x81\x82", 3);
  assert_int_equal(lode_language_detect(text, SIZE - 1), LODE_LANGUAGE_NONE);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tags),
      cmocka_unit_test(sentences),
      cmocka_unit_test(long_texts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
