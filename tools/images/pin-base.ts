// `make base-lock`: writes the Debian part of images/base.lock.json anew, with what this machine's archives have now.
import { pinDebianPackages } from "./downloads.ts";

await pinDebianPackages();
