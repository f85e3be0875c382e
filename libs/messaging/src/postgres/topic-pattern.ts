/**
 * True when a topic exchange hands a routing key to a binding: words are separated by dots, `*` stands for exactly one
 * word and `#` for any number of them, none included.
 */
export function matchesTopic(pattern: string, routingKey: string): boolean {
  return matchesFrom(wordsOf(pattern), wordsOf(routingKey));
}

function wordsOf(text: string): string[] {
  return text === '' ? [] : text.split('.');
}

function matchesFrom(pattern: readonly string[], words: readonly string[]): boolean {
  // reachable[n]: the part of the pattern seen so far takes exactly the first n words. Time is pattern x words at most,
  // where trying every length for every '#' would explode.
  let reachable = words.map(() => false);
  reachable.unshift(true);
  for (const part of pattern) {
    reachable = part === '#' ? fromFirst(reachable) : afterOneWord(reachable, part, words);
  }
  return reachable[words.length] === true;
}

function fromFirst(reachable: readonly boolean[]): boolean[] {
  const first = reachable.indexOf(true);
  return reachable.map((_, count) => first >= 0 && count >= first);
}

function afterOneWord(reachable: readonly boolean[], part: string, words: readonly string[]): boolean[] {
  return reachable.map((_, count) => {
    if (count === 0 || !reachable[count - 1]) return false;
    return part === '*' || part === words[count - 1];
  });
}
