#!/usr/bin/env python3
"""Generates src/index/words/language_tables.inc: the little words that give a language away.

    python3 tools/make_language_tables.py            # writes the file
    python3 tools/make_language_tables.py --check    # fails if the committed file differs

About forty of the most frequent function words for each language, in lower case, chosen so that
languages next to each other differ. A word counts the less the more languages have it. Languages
that have no stemmer are here so that a text in Czech is not taken for Serbian. To make detection
better, change the lists; tests/test_index_language.c has texts that must come out right.
docs/search.md is the prose to this.
"""

from c_tables import Table, main, source

WORDS = {
    "da": "og i at det er en til på som af for de med den ikke der har et men jeg han ved fra om vi "
    "kan var så hvis eller blev hvad efter hun skal være blive nogle hvor meget noget kun man",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es "
    "an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum "
    "war haben nur oder aber vor zur bis mehr durch man kann wenn diese dieser",
    "en": "the of and to in is that for it as was with be by on not he his but at are this have from "
    "which or had you they were their has an been would there who will more if one what can all "
    "when we how do does your its than then these those into",
    "es": "de la que el en y a los se del las un por con no una su para es al lo como más o pero sus "
    "le ya porque esta entre cuando muy sin sobre ser tiene también hasta hay donde quien desde "
    "todo nos está son fue esto puede este si",
    "ca": "de la i el que a els en les per amb un una es no del al ha va com més és dels o seva però "
    "també són pel aquest aquesta amb quan molt sense seu entre fins ser tot on hi ja pot això",
    "eu": "eta da ez du bat dira ere izan baina zen duen egin hau dago hori beste bere zuen dute edo "
    "izango baino egiten behar hori horrek ziren nahi gero bai den ditu gabe bezala arte honetan",
    "fi": "ja on ei että se oli hän mutta ovat joka kun myös niin sen tai kuin ole olla mukaan hänen "
    "jos mitä vain sekä nyt tämä voi vielä minä ovat sitä jotka kanssa ne me he ollut jo kuten",
    "fr": "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il "
    "sont avec ou aux son mais comme on nous cette été ses leur fait être ces peut sans vous deux "
    "si tout elle même entre où dont",
    "ga": "agus an na ar a i is go le bhí sé do ag tá ach nach gur seo sin atá níl sí mar siad dá ní "
    "faoi ó chun leis aige raibh féin den don sa san nó gach air",
    "hu": "a az és hogy nem is egy volt meg ez csak már még de ha mint el van vagy kell azt ki fel "
    "után lesz minden én sem mert így aki pedig nagyon ezt lehet akkor majd itt olyan",
    "id": "yang dan di dengan untuk dari dalam pada itu ini tidak adalah akan ke juga oleh sebagai "
    "saya ada atau bisa telah dapat mereka kami anda karena lebih bahwa sudah tersebut seperti "
    "hanya kita harus bagi",
    "it": "di e il la che in a per un del è una i con non da le si dei della al come sono nel più gli "
    "lo alla anche ma delle o dal se ha su questo cui essere nella suo ai era tra degli stato può "
    "loro quando questa perché",
    "lt": "ir yra kad su į iš kaip bet tai ne ar už buvo jis apie po ji jau jo dar tik nuo prie labai "
    "gali būti savo kai kurie mes aš to iki taip pat šis arba per",
    "nl": "de van het een en in is dat op te zijn met voor die niet aan er om ook als dan maar bij of "
    "uit nog worden door naar heeft hij tot ze wordt kan geen zou deze over was meer wat hebben "
    "werd moet je wij",
    "no": "og i det er på som en til av for at ikke med han de har et var den jeg men seg fra om vi "
    "kan så eller også etter blir ble skal ved noe bare hun være hva når dette sin mot hvor nå deg "
    "kunne",
    "pt": "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao "
    "ele das tem à seu sua ou ser quando muito há nos já está eu também só pelo pela até isso ela "
    "entre são esta você pode",
    "ro": "și de în a la cu o că este pe nu un din care mai pentru se au fi sau sunt ca al ce dar sa "
    "prin fost lui după le fără dacă când am această acest ei îl lor poate toate va",
    "sr": "i je u da na se za su od sa ne a o kao koji što ali bi iz nije do po te ili koja biti samo "
    "kako već bio može ima kad još sve sam smo",
    "sv": "och i att det som en på är av för med till den har de inte om ett han men var jag sig från "
    "vi så kan när nu ska där eller också vid efter hade detta utan mot än bara hon skulle mycket "
    "alla",
    "tr": "bir ve bu da de için ile çok gibi daha olarak ne var olan kadar ama sonra mi o en değil "
    "her ben ki ya veya olduğu şey eğer hem çünkü nasıl böyle ancak göre bile",
    # Without a stemmer here.
    "pl": "i w na z się nie do to jest że o jak za od po co ale jego dla tak przez już czy być tym są "
    "tego które może który jej lub przy oraz tylko ich było był",
    "cs": "a se v je na že to s z do o i ve jsem si za ale jako k po by tak jeho které jsou být při "
    "nebo už od pro bylo jen která mezi byl podle není také však",
    "sk": "a v sa na je že to s z do o som si za ale ako k po by tak jeho ktoré sú byť pri alebo už od "
    "pre bolo len ktorá medzi bol podľa nie tiež však",
    "sl": "in je v na se da za so ki z s pa ne po bi tudi kot še od do pri ali le iz kar sem biti "
    "lahko ter bil ima med tako vse že",
    "hr": "i je u na se da za su od s što ne koji o kao iz bi a ali te biti ili nije samo kako već "
    "tijekom može koja dio gdje također ima više svi",
    "et": "ja on ei et see oli ka kui ning aga oma mis nii ma ta või siis veel kes seda pole olla "
    "selle saab mille ole väga nende kas juba",
    "lv": "un ir ar no par uz ka kas tas bet arī kā pēc tika vai pie lai tā viņš ne savu jau tikai "
    "kad šis būt nav var līdz gan",
    "sq": "e të në i dhe për një me që nga së është si do më nuk ka janë kjo por ky ishte ose duke "
    "kur tij mund këtë pas ai",
    "vi": "của và là các có được trong cho một không với những này người khi đã để từ đến cũng như "
    "về ra hay sẽ nhiều tại bị nếu còn theo đó",
    "af": "die van en in het is dat nie vir te op met sy wat hy om aan was deur by ook as hulle sal "
    "kan maar ons daar word uit een na ek toe",
    "ms": "yang dan di dengan untuk dari dalam pada itu ini tidak adalah akan ke juga oleh sebagai "
    "boleh ialah beliau telah kepada mereka kerana bahawa atau iaitu serta ada",
    "sw": "ya na wa kwa ni katika la za kuwa cha ili hii hiyo kama lakini pia au yake hilo si huyo "
    "baada vya watu moja alikuwa",
    "is": "og að í á er sem til um við ekki með það var hann en af fyrir en því eru hefur þau frá "
    "eins eða þess þá svo upp hún",
    "ru": "и в не на что я с он как это по но к у из за от о так его же для было бы все еще был она "
    "мы при или если только когда уже вы быть чтобы может после есть нет",
    "sr-cyrl": "и је у да на се за су од са не о као који што али би из није до по те или која бити "
    "само како већ био може има још све",
    "uk": "і в не на що я з він як це по але до у із за від о так його ж для було б все ще був вона "
    "та ми при або якщо тільки коли вже ви бути щоб може після є її під",
    "bg": "и в не на че с да е се от за по но като са това ще до при който към или само има след той "
    "може беше ако още така която го ги му бил",
    "be": "і ў не на што я з ён як гэта па але да у за ад аб так яго ж для было б усё яшчэ быў яна мы "
    "пры або калі толькі ужо быць",
    "mk": "и во не на што со да е се од за по но како се го ја ќе до при кој кон или само има тој "
    "може беше ако која тоа биде",
    "ar": "في من على إلى أن هذا التي الذي عن مع هو كان لا ما هذه بعد كل قد أو هي لم بين ذلك كما حيث "
    "عند منذ غير إن وقد",
    "fa": "در به از که این را با است برای آن یک خود تا بر هم نیز کرد شده می شود بود ها های ما هر "
    "کند دارد اما او",
    "ur": "کے کی میں ہے اور سے کا کو اس نے پر یہ کہ ہیں بھی ایک تھا جو نہیں کر گیا لیے ان وہ تو تھے "
    "تھی ہو",
    "hi": "के में है की और से का को पर इस कि एक हैं यह भी नहीं ने तो कर जो था लिए हो या वह अपने थे "
    "साथ थी गया",
    "ne": "र को छ मा गर्न पनि ले भएको एक यो यस हुन् गरेको तथा लागि थियो भने हो बाट लाई छन् गर्ने "
    "त्यो हुन्छ",
    "mr": "आणि आहे या त्या मध्ये ही हे तो ते च्या एक होते असे नाही व केला आहेत होता साठी त्यांनी "
    "करून म्हणून",
    "yi": "און די פון אין דער איז אַז מיט צו דאָס נישט אַ אויף איך ער האָט פֿון זיך ווי אָבער זײַן "
    "דעם זענען",
    "he": "של את על לא הוא זה עם גם היא כי או אל כל אני אם היה יש אך זו בין הם רק עד אבל כמו לפי",
}


def tables():
    languages = list(WORDS)
    entries = {}
    for number, text in enumerate(WORDS.values()):
        for word in text.split():
            entries.setdefault(word.encode(), set()).add(number)
    words = sorted(entries)
    pool, first, masks, mask_of = bytearray(), [], [], []
    for word in words:
        first.append(len(pool))
        pool += word
        mask = sum(1 << n for n in entries[word])
        if mask not in masks:
            masks.append(mask)
        mask_of.append(masks.index(mask))
    first.append(len(pool))
    assert len(languages) <= 64 and len(masks) <= 65535
    return languages, [
        Table("uint8_t", "little_pool", list(pool)),
        Table("uint16_t", "little_first", first),
        Table("uint16_t", "little_mask_of", mask_of),
        Table("uint64_t", "little_masks", masks),
    ]


def generate():
    languages, made = tables()
    made_by = [
        "Made by tools/make_language_tables.py: do not edit. Included by language.c alone.",
        "",
    ]
    names = ", ".join(f'"{name.partition("-")[0]}"' for name in languages)
    names = f"static const char *const little_languages[{len(languages)}] = {{{names}}};\n\n"
    return {"src/index/words/language_tables.inc": source(made_by, made, names)}


if __name__ == "__main__":
    main(__doc__, generate)
