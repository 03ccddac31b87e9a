// A moving mean to be drawn over the raw curve.

/**
 * Exponentially weighted mean, corrected at its start so that the first values count in full (Kingma & Ba 2015, §3).
 * What is null stays null and weighs nothing.
 *
 * @param {(number|null)[]} values
 * @param {number} strength 0: as they are, to 10: over about a fifth of the curve
 */
export function smoothed(values, strength) {
  if (strength <= 0 || values.length < 3) return values;
  const reach = Math.max(1, (values.length / 5) * (strength / 10) ** 2);
  const decay = Math.exp(-1 / reach);
  let sum = 0, weight = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = decay * sum + (1 - decay) * value;
    weight = decay * weight + (1 - decay);
    return sum / weight;
  });
}
