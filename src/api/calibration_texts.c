/* Texts of many kinds and lengths, written for this purpose: what passes through a model while
 * the ranges of its activations are measured (quantize.c). Which texts these are matters little
 * (docs/numerics.md has the measurement); that they are always the same does: the same model
 * always becomes the same integers. */
#include "api/text_batch.h"

const char *const lode_calibration_texts[] = {
    "A man is playing a guitar on a small stage.",
    "Two children run across the wet grass while a dog watches them.",
    "The woman slices an onion and puts it into a hot pan.",
    "Someone is riding a horse along the beach at sunset.",
    "A plane is landing in heavy rain.",
    "The cat sleeps on the keyboard again.",
    "how do I reset my password",
    "best way to remove coffee stains from wool",
    "train times from Ghent to Antwerp on Sunday",
    "what is the boiling point of water at 3000 m altitude?",
    "undefined reference to `pthread_create' when linking",
    "opening hours",
    "Is there a vegetarian option?",
    "Why is my invoice 12.50 higher than last month?",
    "I would like to cancel my order, number 48-1123-B, which has not been shipped yet.",
    "My card was declined twice at the petrol station although there is enough money on it.",
    "Please turn down the lights in the living room and play something quiet.",
    "Shares fell 3.4 percent on Tuesday after the company lowered its forecast for the year.",
    "The central bank left its key rate unchanged at 4.25%, as most analysts had expected.",
    "Parliament voted 312 to 289 in favour of the new water law after a debate of nine hours.",
    "Rescue teams reached the last of the four villages cut off by the landslide on Friday "
    "morning, officials said.",
    "The home side scored in the last minute to win 2-1 and now leads the table by four points.",
    "A new study finds that people who sleep less than six hours a night catch colds more often.",
    "Mitochondrial DNA is inherited from the mother and mutates faster than nuclear DNA.",
    "Patients treated with the inhibitor showed reduced levels of the protein in serum after 12 "
    "weeks (p < 0.01), but no difference in survival was observed between the groups.",
    "We propose a method for estimating the depth of shallow water from satellite images with "
    "two spectral bands, and compare it with soundings from 61 locations. The mean absolute "
    "error is 0.7 m where the bottom is sand and 1.6 m where it is covered with vegetation. "
    "Turbidity after storms remains the main source of error; averaging images taken over a "
    "month removes most of it.",
    "The enzyme binds its substrate in a cleft between two domains, which close around it like "
    "a hinge; mutation of a single lysine abolishes activity.",
    "Photosynthesis turns carbon dioxide and water into sugar and oxygen with the energy of "
    "light.",
    "In graph theory, a tree is a connected graph without cycles; it has one edge fewer than it "
    "has vertices.",
    "Let f be continuous on [a, b] and differentiable on (a, b); then f(b) - f(a) = f'(c)(b - a) "
    "for some c.",
    "The river rises in the hills north of the town, passes three mills and an old stone bridge, "
    "and joins the larger stream near the coast after some forty kilometres.",
    "She was born in 1887, studied medicine in Vienna, and opened the first clinic of its kind "
    "in the city at the age of thirty-one.",
    "The castle was built in the 13th century, burned down in 1689, and rebuilt as a school.",
    "It was a bright cold morning, and the clocks in the empty station had all stopped at "
    "different times. Nobody seemed to mind. An old man was feeding the pigeons from a paper "
    "bag, a porter leaned against his trolley, and somewhere behind the closed ticket windows a "
    "radio was playing a waltz.",
    "\"You never told me,\" she said, \"that your brother could cook.\"",
    "Preheat the oven to 180 C. Mix flour, sugar and butter until the dough crumbles, press it "
    "into a tin, cover it with sliced apples, and bake for 40 minutes.",
    "Wash at 30 degrees with similar colours. Do not bleach. Do not tumble dry.",
    "To install the package, run the following command in a terminal, then restart the service: "
    "sudo apt-get install --no-install-recommends nginx",
    "int main(int argc, char **argv) { for (int i = 1; i < argc; i++) puts(argv[i]); return 0; }",
    "SELECT name, COUNT(*) FROM orders WHERE placed_at >= '2024-01-01' GROUP BY name HAVING "
    "COUNT(*) > 3;",
    "def mean(xs): return sum(xs) / len(xs) if xs else float('nan')",
    "Traceback (most recent call last): File \"app.py\", line 12, in <module> KeyError: 'user_id'",
    "GET /api/v2/items?limit=50&offset=100 HTTP/1.1",
    "{\"id\": 17, \"tags\": [\"red\", \"large\"], \"price\": 9.95, \"stock\": null}",
    "This agreement may be terminated by either party with thirty days' written notice. Clauses "
    "4, 7 and 9 survive termination.",
    "The software is provided as is, without warranty of any kind, express or implied.",
    "Under section 12(b), the tenant shall keep the premises in good repair and shall not sublet "
    "any part of them without the landlord's consent.",
    "Five stars! Arrived a day early, fits perfectly, and the colour is just like the picture.",
    "Broke after two weeks. The seller never answered. Avoid.",
    "The hotel is close to the beach but the rooms facing the street are noisy until well after "
    "midnight, and breakfast ends at nine.",
    "lol no way, did u see that?? :D",
    "THANK YOU SO MUCH!!!",
    "ok",
    "?",
    "3.14159265358979",
    "2024-02-29T23:59:59Z",
    "+49 30 1234567",
    "Der Zug nach Hamburg hat heute etwa zwanzig Minuten Verspätung.",
    "Où se trouve la bibliothèque municipale, s'il vous plaît ?",
    "El perro duerme en la cocina porque fuera hace demasiado calor.",
    "Questo vino rosso si abbina bene con i formaggi stagionati.",
    "Este livro foi traduzido para mais de trinta línguas.",
    "Где находится ближайшая аптека?",
    "今日はとても暑いので、海へ行きましょう。",
    "这家餐厅的面条很好吃，但是要等很久。",
    "오늘 회의는 오후 세 시에 시작합니다.",
    "متى يفتح المتحف يوم الجمعة؟",
    "आज मौसम बहुत अच्छा है।",
    "The quarterly report is due on Friday; please send me your figures by Wednesday noon so that "
    "I can check them. Last time we had to correct two tables after publication, which I would "
    "like to avoid. If travel costs are still missing, estimate them and mark the cell yellow. "
    "The layout is the same as in spring, but the section on staff moves to the appendix, and "
    "there will be a new page on energy, for which Lena has the numbers. Charts should be drawn "
    "with the template on the shared drive, not pasted as pictures. I am in the office on Monday "
    "and Tuesday and can be reached by phone for the rest of the week.",
    "Volcanic soils are among the most fertile on Earth, because weathering of ash releases "
    "potassium, phosphorus and trace elements quickly. Farmers have settled on the slopes of "
    "active volcanoes for thousands of years in spite of the danger. On the island of Java, rice "
    "terraces reach within a few kilometres of craters that erupt every decade. After an "
    "eruption the first crops often fail, as fresh ash forms a crust that sheds water; within a "
    "few years, however, earthworms and roots have broken it up, and yields exceed those of "
    "older fields. Coffee, tobacco and vines profit most, since they tolerate the drought that "
    "porous ground brings with it.",
    "Bicycle lanes reduce accidents only where they are separated from traffic by a kerb.",
    "The orchestra tuned, the lights went down, and for a moment nothing happened at all.",
    "He repaired the clock with a paper clip and a drop of olive oil.",
    "Solar panels produce less in the heat of summer than on a cold clear day in April.",
    "Octopuses have three hearts and blue blood.",
    "The chess player offered a draw, which was refused, and lost nine moves later.",
    "Unemployment in the region has halved since the factory reopened.",
    "A square has four equal sides and four right angles.",
    "The vaccine must be kept between 2 and 8 degrees Celsius and used within six hours of "
    "opening.",
    "Black holes do not suck; from far away they attract like any star of the same mass.",
    "Turn left at the church, cross the bridge, and it is the second house on your right.",
};

const size_t lode_calibration_text_count =
    sizeof lode_calibration_texts / sizeof lode_calibration_texts[0];
