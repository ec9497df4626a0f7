// Where a program runs that logs somebody in. Apart from what runs it, which is loaded for such a login only.

export type LoginPlace = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Somebody sits at the input, and takes the time that a login needs. */
  readonly isAttended: boolean;
  /** Told of what the program says to the person, such as a code to type elsewhere. */
  readonly tell: (text: string) => void;
};

/** Of programs that nobody attends. */
export const unattended: LoginPlace = { environment: {}, isAttended: false, tell: () => undefined };
