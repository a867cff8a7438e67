module winsock/bench

go 1.26.0

replace winsock => ../

require winsock v0.0.0
