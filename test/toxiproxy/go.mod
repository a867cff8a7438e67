module winsock/test/toxiproxy

go 1.26.0

replace winsock => ../../

require (
	github.com/Shopify/toxiproxy/v2 v2.5.0
	winsock v0.0.0
)

require (
	github.com/gopacket/gopacket v1.7.7 // indirect
	github.com/miekg/dns v1.1.73 // indirect
	github.com/pelletier/go-toml/v2 v2.4.3 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)
