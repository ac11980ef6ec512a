mkdir -p head && cat > head/main.go <<'END'
package main

import (
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
)

func main() {
	told, _ := os.ReadFile("checkpoint")
	verifier, err := note.NewVerifier(os.Args[1])
	if err == nil {
		var opened *note.Note
		if opened, err = note.Open(told, note.VerifierList(verifier)); err == nil {
			fmt.Print("OK ", opened.Text)
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
END
export GO111MODULE=off GOPATH=/usr/share/gocode
go run head/main.go "$(awk '$1 == "log" {print $2}' keys.txt)"
