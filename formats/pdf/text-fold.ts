// Text made comparable: full width and half width, ligatures and their letters, radicals and the characters they look like.

/**
 * Radicals of the supplement that fonts map simplified characters to by mistake, and that NFKC leaves alone
 * (Unicode, EquivalentUnifiedIdeograph).
 */
const radicals: ReadonlyMap<string, string> = new Map(
  Array.from(
    '⺁厂⺄乙⺆冂⺈刀⺊卜⺋卩⺌小⺍小⺎兀⺏尢⺐尢⺒巳⺓幺⺔彑⺕彐⺖忄⺗心⺘扌⺙攵⺛旡⺜日⺝月⺟母⺠民⺡氵⺢水⺣灬⺤爫⺥爪⺦丬⺧牛⺨犭⺩王⺪疋⺫目⺬示⺭礻⺮竹⺯纟⺰纟⺱罓' +
      '⺲罒⺳网⺶羊⺷羊⺸羊⺹耂⺺聿⺻聿⺼月⺽臼⺾艹⺿艹⻀艹⻁虎⻂衤⻃覀⻄西⻅见⻆角⻇角⻈讠⻉贝⻊足⻋车⻌辶⻍辶⻎辶⻏阝⻐钅⻑長⻒镸⻓长⻔门⻕阜⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻞食⻟飠⻠饣' +
      '⻡首⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀⻳龟',
  ).reduce<[string, string][]>((all, character, index, list) => {
    if (index % 2 === 0) all.push([character, list[index + 1] ?? character]);
    return all;
  }, []),
);

/** Blanks, line ends, what has no width, and soft hyphens: not there for a reader. */
const unseen = /[\s\p{Z}\p{Cc}\p{Cf}]+/gu;

/** @returns the text without blanks, in compatibility form; may be empty */
export function foldText(text: string): string {
  if (/^[\x21-\x7e]*$/.test(text)) return text;
  const composed = text.normalize('NFKC').replace(unseen, '');
  let folded = '';
  for (const character of composed) folded += radicals.get(character) ?? character;
  return folded;
}
