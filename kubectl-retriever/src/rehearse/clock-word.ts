// Virtual time in words.

/** 23712.4 -> `T+06:35:12`; hours go on counting beyond a day. */
export function clockWord(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `T+${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** 0.02 -> `2 %`, 0.0123 -> `1.23 %`. */
export function percentWord(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
