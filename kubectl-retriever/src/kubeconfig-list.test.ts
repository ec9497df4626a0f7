import { expect, test } from "vitest";
import { kubeconfigsOf } from "./kubeconfig-list.ts";

const home = "/home/ada";
const usual = "/home/ada/.kube/config";

test.each([
  { what: "the option", given: "/one", variable: "/two", there: ["/one", "/two", usual], read: ["/one"] },
  {
    what: "all that KUBECONFIG lists and are there",
    variable: "/one:/gone:/two",
    there: ["/one", "/two", usual],
    read: ["/one", "/two"],
  },
  { what: "the one of the home folder where none is named", there: [usual], read: [usual] },
  { what: "the same where KUBECONFIG is empty", given: "", variable: "", there: [usual], read: [usual] },
  { what: "none where there is none", there: [], read: [] },
])("$what is read", ({ given, variable, there, read }) => {
  const exists = (file: string) => there.includes(file);
  expect(kubeconfigsOf({ given, variable, home, exists })).toEqual(read);
});

test.each([["/gone"], ["/gone:/gone-too"]])(
  "where nothing that KUBECONFIG lists is there (%s), the home folder's cluster isn't taken instead",
  (variable) => {
    const read = kubeconfigsOf({ given: undefined, variable, home, exists: (file) => file === usual });
    expect(read).toEqual(variable.split(":"));
  },
);
