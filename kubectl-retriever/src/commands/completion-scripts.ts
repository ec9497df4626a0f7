// What a shell needs so that it asks `kubectl-retriever __complete WORDS` for what comes next. The answer is a line for
// each candidate, a tab before its description, and last `:4`, or `:0` where the shell completes files: as kubectl reads it.

export const shells = ["bash", "zsh", "fish", "kubectl"] as const;
export type Shell = (typeof shells)[number];

/** `kubectl`: the program that kubectl runs for its own completion. */
export const completionScripts: Readonly<Record<Shell, string>> = {
  // Bash takes `--namespace=se` apart: it is put together again, and only the value is given.
  bash: `_kubectl_retriever() {
  local answer directive line word last=0 option=
  local -a words
  words=("")
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ ( $word = "=" && \${words[last]} = --* ) || \${words[last]} = --*= ]]; then
      words[last]+=$word
    else
      words[++last]=$word
    fi
  done
  answer=$(kubectl-retriever __complete "\${words[@]:1}" 2>/dev/null) || return
  directive=\${answer##*:}
  if [[ \${COMP_WORDS[COMP_CWORD]} = --*=* ]]; then option=\${word%%=*}=; fi
  COMPREPLY=()
  while IFS= read -r line; do
    [ -n "$line" ] && [ "\${line#:}" = "$line" ] && COMPREPLY+=("$option\${line%%$'\\t'*}")
  done <<< "$answer"
  if [ "$directive" = 0 ]; then compopt -o default; fi
}
complete -F _kubectl_retriever kubectl-retriever`,
  zsh: `#compdef kubectl-retriever
_kubectl_retriever() {
  local answer line
  local -a found
  answer=$(kubectl-retriever __complete "\${(@)words[2,CURRENT]}" 2>/dev/null) || return
  for line in "\${(f)answer}"; do
    [[ -z $line || $line == :* ]] || found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if [[ \${words[CURRENT]} == --*=* ]]; then compset -P '*='; fi
  if (( $#found )); then _describe candidates found; elif [[ $answer == *:0 ]]; then _files; fi
}
if [ "$funcstack[1]" = "_kubectl_retriever" ]; then _kubectl_retriever; else compdef _kubectl_retriever kubectl-retriever; fi`,
  fish: `function __kubectl_retriever
  set -l words (commandline -opc)[2..-1] (commandline -ct)
  set -l answer (kubectl-retriever __complete $words 2>/dev/null)
  or return
  set -l option (string match -r -- '^--[^=]+=' $words[-1])
  for line in (string match -v -r '^:' -- $answer)
    echo -- "$option$line"
  end
  if test "$answer[-1]" = ":0"
    for path in (__fish_complete_path (string replace -r -- '^--[^=]+=' '' $words[-1]))
      echo -- "$option$path"
    end
  end
end
complete -c kubectl-retriever -f -a '(__kubectl_retriever)'`,
  kubectl: `#!/bin/sh
exec kubectl-retriever __complete "$@"`,
};
