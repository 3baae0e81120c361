# Each line calls scripts/, which set up what is missing first. CONTRIBUTING.md tells what each is for.
.PHONY: demo shop test check bench bench-authority lock clean

demo:
	@scripts/demo $(if $(OUTPUT),--output "$(OUTPUT)")

shop:
	@scripts/shop $(if $(OUTPUT),--output "$(OUTPUT)")

test:
	@scripts/test

check:
	@scripts/check

bench:
	@scripts/bench

bench-authority:
	@scripts/bench-authority

lock:
	@scripts/lock

clean:
	@scripts/clean
