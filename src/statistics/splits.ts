/** Ways to choose `chosen` of `count`; exact below 2^53, infinite beyond the range of numbers. */
export function countChoices(count: number, chosen: number): number {
  const fewer = Math.min(chosen, count - chosen);
  let ways = 1;
  // Divided at once: what is made so far is a number of choices itself, and whole.
  for (let taken = 1; taken <= fewer && ways < Infinity; taken++) ways = (ways * (count - fewer + taken)) / taken;
  return ways;
}
