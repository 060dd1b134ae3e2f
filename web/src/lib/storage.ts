/** Small values kept in the browser; a browser that refuses storage only forgets them. */

const PREFIX = "agentiq.";

function store(area: () => Storage) {
  return {
    /** The value, taken to be a `T`: only this console writes here. */
    read<T>(name: string): T | undefined {
      try {
        const text = area().getItem(PREFIX + name);
        return text === null ? undefined : (JSON.parse(text) as T);
      } catch {
        return undefined;
      }
    },
    write(name: string, value: unknown): void {
      try {
        area().setItem(PREFIX + name, JSON.stringify(value));
      } catch {
        // Full or forbidden storage: the value lives as long as the page.
      }
    },
    remove(name: string): void {
      try {
        area().removeItem(PREFIX + name);
      } catch {
        // As above.
      }
    },
    /** Removes every value whose name starts with `start`. */
    removeAll(start: string): void {
      try {
        for (const key of Object.keys(area())) if (key.startsWith(PREFIX + start)) area().removeItem(key);
      } catch {
        // As above.
      }
    },
    /** Names, without the prefix, that start with `start`. */
    names(start: string): string[] {
      try {
        return Object.keys(area())
          .filter((key) => key.startsWith(PREFIX + start))
          .map((key) => key.slice(PREFIX.length));
      } catch {
        return [];
      }
    },
  };
}

/** Lives as long as the tab: unsent texts and open intents. */
export const sessionStore = store(() => sessionStorage);
/** Lives as long as the browser profile: layout and theme. */
export const localStore = store(() => localStorage);
