// SPDX-License-Identifier: Apache-2.0

package netdb

import "strings"

// builtin lists the services that programs ask for by name most, for systems
// without a services file (containers, as a rule). The numbers are IANA's.
const builtin = `
echo 7/tcp
echo 7/udp
discard 9/tcp sink null
discard 9/udp sink null
systat 11/tcp users
daytime 13/tcp
daytime 13/udp
qotd 17/tcp quote
chargen 19/tcp ttytst source
chargen 19/udp ttytst source
ftp-data 20/tcp
ftp 21/tcp
ssh 22/tcp
telnet 23/tcp
smtp 25/tcp mail
time 37/tcp timserver
time 37/udp timserver
nicname 43/tcp whois
domain 53/tcp
domain 53/udp
bootps 67/udp dhcps
bootpc 68/udp dhcpc
tftp 69/udp
gopher 70/tcp
finger 79/tcp
http 80/tcp www www-http
http 80/udp
kerberos 88/tcp krb5 kerberos-sec
kerberos 88/udp krb5 kerberos-sec
pop3 110/tcp pop-3
sunrpc 111/tcp portmapper rpcbind
sunrpc 111/udp portmapper rpcbind
auth 113/tcp ident tap
nntp 119/tcp usenet
ntp 123/udp
epmap 135/tcp loc-srv
epmap 135/udp loc-srv
netbios-ns 137/udp nbname
netbios-dgm 138/udp nbdatagram
netbios-ssn 139/tcp nbsession
imap 143/tcp imap4 imap2
snmp 161/udp
snmptrap 162/udp snmp-trap
bgp 179/tcp
irc 194/tcp
ldap 389/tcp
ldap 389/udp
https 443/tcp
https 443/udp
microsoft-ds 445/tcp
microsoft-ds 445/udp
kpasswd 464/tcp
kpasswd 464/udp
isakmp 500/udp ike
exec 512/tcp
login 513/tcp
shell 514/tcp cmd
syslog 514/udp
printer 515/tcp spooler
submission 587/tcp
ldaps 636/tcp sldap
domain-s 853/tcp
domain-s 853/udp
ftps-data 989/tcp
ftps 990/tcp
imaps 993/tcp
pop3s 995/tcp
socks 1080/tcp
ms-sql-s 1433/tcp
ms-sql-m 1434/udp
radius 1812/udp
radius-acct 1813/udp
nfs 2049/tcp
nfs 2049/udp
mysql 3306/tcp
ms-wbt-server 3389/tcp
sip 5060/tcp
sip 5060/udp
sips 5061/tcp
postgresql 5432/tcp
http-alt 8080/tcp webcache
`

func builtinServices() Services { return ParseServices(strings.NewReader(builtin)) }
