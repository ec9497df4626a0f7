// Which kubeconfigs a command reads, as kubectl finds them. Pure: whether a file is there is asked of the caller.
import { delimiter, join } from "node:path";

type Asked = {
  /** By the option. */
  readonly given: string | undefined;
  /** KUBECONFIG. */
  readonly variable: string | undefined;
  readonly home: string;
  readonly exists: (file: string) => boolean;
};

/** Which one a shell reads that names none. */
export function usualKubeconfig(home: string): string {
  return join(home, ".kube", "config");
}

/** Empty: there is none. The home folder's is read only where nothing else is named: it may be of another cluster. */
export function kubeconfigsOf({ given, variable = "", home, exists }: Asked): readonly string[] {
  if (given !== undefined && given !== "") return [given];
  const listed = variable.split(delimiter).filter((file) => file !== "");
  const there = listed.filter(exists);
  // Of several that are listed, those that aren't there are passed over; where none is, the first says so.
  if (listed.length > 0) return there.length > 0 ? there : listed;
  const usual = usualKubeconfig(home);
  return exists(usual) ? [usual] : [];
}
