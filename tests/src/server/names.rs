//! A name server of one test, which knows one name and can change its mind.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use tokio::{net::UdpSocket, task::JoinHandle};

/// Length of the head of a question or an answer.
const HEAD: usize = 12;
/// The type of a question for an IPv4 address.
const IPV4: [u8; 2] = [0, 1];

/// The server: whatever is asked for has the one address.
#[derive(Debug)]
pub struct Names {
    /// Where it listens.
    pub address: SocketAddr,
    leads_to: Arc<Mutex<Ipv4Addr>>,
    task: JoinHandle<()>,
}

impl Names {
    /// Starts one by which every name leads to `first`.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn leading_to(first: Ipv4Addr) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let address = socket.local_addr().expect("it is bound");
        let leads_to = Arc::new(Mutex::new(first));
        let known = Arc::clone(&leads_to);
        let task = tokio::spawn(async move {
            let mut question = [0; 512];
            while let Ok((length, client)) = socket.recv_from(&mut question).await {
                let address = *known.lock().expect("nobody panicked with it");
                if let Some(answer) = answer(&question[..length], address) {
                    let _ = socket.send_to(&answer, client).await;
                }
            }
        });
        Self { address, leads_to, task }
    }

    /// From now on every name leads there.
    ///
    /// # Panics
    /// When the server has panicked.
    pub fn lead_to(&self, next: Ipv4Addr) {
        *self.leads_to.lock().expect("nobody panicked with it") = next;
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The answer to one question: the address, or for other types that there is none.
fn answer(question: &[u8], address: Ipv4Addr) -> Option<Vec<u8>> {
    let name_length = question.get(HEAD..)?.iter().position(|&byte| byte == 0)?;
    let asked = question.get(HEAD..HEAD + name_length + 5)?;
    let is_ipv4 = asked[name_length + 1..name_length + 3] == IPV4;
    let mut answer = question[..2].to_vec();
    // a good answer, to one question
    answer.extend([0x81, 0x80, 0, 1, 0, u8::from(is_ipv4), 0, 0, 0, 0]);
    answer.extend(asked);
    if is_ipv4 {
        // the name of the question, an IPv4 address of the internet, for no time at all
        answer.extend([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
        answer.extend(address.octets());
    }
    Some(answer)
}
