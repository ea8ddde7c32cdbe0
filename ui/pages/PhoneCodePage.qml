// A QR code for the citizen's phone, how long it is valid, three steps, and the two digits.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property PhoneCodeContent shown: view as PhoneCodeContent
    title: shown.title
    lead: shown.lead
    actions: shown.actions
    property int wait: shown.rest
    onShownChanged: wait = shown.rest

    Timer {
        interval: 1000
        repeat: true
        running: page.wait > 0 && Theme.motion
        onTriggered: page.wait -= 1
    }

    Card {
        id: card
        width: parent.width
        height: Theme.wide ? digits.y - Theme.gap : Math.min(digits.y - Theme.gap - (steps.visible ? steps.height + Theme.gap : 0), 840)
        readonly property int inner: Math.min(width - 2 * Theme.inset, height - 2 * 40 - words.height - bar.height - 2 * 20)
        QrCode {
            id: code
            rows: page.shown.rows
            room: card.inner
            x: (card.width - width) / 2
            y: 40
            Accessible.name: page.title
        }
        Label {
            id: words
            y: code.y + code.height + 20
            width: parent.width
            text: page.shown.left.arg(Math.floor(page.wait / 60) + ":" + String(page.wait % 60).padStart(2, "0"))
            font.pixelSize: Theme.row
            horizontalAlignment: Text.AlignHCenter
        }
        Rectangle {
            id: bar
            x: code.x
            y: words.y + words.height + 20
            width: code.width
            height: 12
            radius: 6
            color: Theme.line
            Rectangle {
                width: parent.width * page.wait / Math.max(1, page.shown.whole)
                height: parent.height
                radius: 6
                color: Theme.blue
            }
        }
    }
    Row {
        id: steps
        parent: Theme.wide ? page.asideItem : page.bodyItem
        visible: !Theme.elder && !(Theme.wide && Theme.lowered)
        y: Theme.wide ? 12 : card.height + Theme.gap
        width: parent.width
        spacing: Theme.gap
        Repeater {
            model: page.shown.steps
            Item {
                required property string modelData
                required property int index
                width: (steps.width - 2 * Theme.gap) / 3
                height: mark.height + 12 + what.height
                Badge {
                    id: mark
                    anchors.horizontalCenter: parent.horizontalCenter
                    text: String(parent.index + 1)
                }
                Label {
                    id: what
                    y: mark.height + 12
                    width: parent.width
                    text: parent.modelData
                    font.pixelSize: Theme.small
                    horizontalAlignment: Text.AlignHCenter
                }
            }
        }
    }
    Rectangle {
        id: digits
        y: parent.height - height
        width: parent.width
        height: told.height + 2 * 24
        radius: Theme.radius
        color: Theme.blueTint
        Row {
            id: told
            x: 32
            y: 24
            width: parent.width - 2 * 32
            spacing: 24
            Label {
                width: parent.width - two.width - parent.spacing
                anchors.verticalCenter: parent.verticalCenter
                text: page.shown.note
                color: Theme.blue
                font.pixelSize: Theme.lead
            }
            Label {
                id: two
                text: page.shown.digits
                color: Theme.blue
                font.pixelSize: Theme.big(72)
                font.bold: true
                font.letterSpacing: 12
            }
        }
    }
}
